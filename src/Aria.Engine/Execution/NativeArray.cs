using System.Runtime.InteropServices;

namespace Aria.Engine.Execution;

/// <summary>Zeroed memory outside the collected heap, aligned for every kernel, with one owner. Large arrays ask for large pages.</summary>
internal sealed unsafe class NativeArray<T> : IDisposable
    where T : unmanaged
{
    private const int Alignment = 64;

    public NativeArray(long length)
    {
        nuint bytes = checked((nuint)(Math.Max(length, 1) * sizeof(T)));
        bool large = bytes >= (nuint)LargePages.Bytes;
        Pointer = (T*)NativeMemory.AlignedAlloc(bytes, (nuint)(large ? LargePages.Bytes : Alignment));
        if (large)
        {
            LargePages.Prefer(Pointer, bytes);
        }

        NativeMemory.Clear(Pointer, bytes);
        Length = length;
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
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
