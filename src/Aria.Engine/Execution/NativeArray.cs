using System.Runtime.InteropServices;

namespace Aria.Engine.Execution;

/// <summary>Zeroed memory outside the collected heap, aligned for every kernel, with one owner. Large arrays ask for large pages.</summary>
internal sealed unsafe class NativeArray<T> : IDisposable
    where T : unmanaged
{
    private const int Alignment = 64;

    private readonly LargePages.Block? _large;

    public NativeArray(long length)
    {
        nuint bytes = checked((nuint)(Math.Max(length, 1) * sizeof(T)));
        Length = length;
        _large = LargePages.TryMap(bytes);
        if (_large is { } pages)
        {
            Pointer = (T*)pages.Start;
            return;
        }

        Pointer = (T*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(Pointer, bytes);
    }

    public NativeArray(ReadOnlySpan<T> values)
        : this(values.Length) => values.CopyTo(new(Pointer, values.Length));

    ~NativeArray() => Free();

    public T* Pointer { get; private set; }

    public long Length { get; }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (Pointer is null)
        {
            return;
        }

        if (_large is { } pages)
        {
            LargePages.Unmap(pages);
        }
        else
        {
            NativeMemory.AlignedFree(Pointer);
        }

        Pointer = null;
    }
}
