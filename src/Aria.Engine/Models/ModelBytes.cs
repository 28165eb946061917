using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Aria.Engine.Models;

/// <summary>A model file's bytes at one address: mapped from disk, or copied from a stream. Lives until its last holder lets go.</summary>
internal sealed unsafe class ModelBytes : IDisposable
{
    private const int CopyAlignment = 64;

    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private int _holders = 1;

    private ModelBytes(MemoryMappedFile? file, MemoryMappedViewAccessor? view, byte* pointer, long length)
    {
        (_file, _view, Length) = (file, view, length);
        Pointer = pointer;
    }

    ~ModelBytes() => Free();

    public byte* Pointer { get; }

    public long Length { get; }

    /// <summary>Whether they are a file's pages and no copy.</summary>
    public bool IsMapped => _view is not null;

    /// <exception cref="ModelFormatException">The file is empty or cannot be mapped.</exception>
    public static ModelBytes Map(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length == 0)
            {
                throw new ModelFormatException($"The model file '{path}' is empty.");
            }

            MemoryMappedFile file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            MemoryMappedViewAccessor view = file.CreateViewAccessor(0, stream.Length, MemoryMappedFileAccess.Read);
            byte* pointer = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
            return new(file, view, pointer + view.PointerOffset, stream.Length);
        }
        catch (Exception e) when (e is IOException and not FileNotFoundException or UnauthorizedAccessException)
        {
            throw new ModelFormatException($"The model file '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>All of <paramref name="stream"/>.</summary>
    public static ModelBytes Copy(Stream stream)
    {
        byte* pointer = (byte*)NativeMemory.AlignedAlloc((nuint)stream.Length, CopyAlignment);
        stream.ReadExactly(new(pointer, checked((int)stream.Length)));
        return new(null, null, pointer, stream.Length);
    }

    /// <summary>One more holder; it lets go by <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The last holder has let go.</exception>
    public ModelBytes Hold()
    {
        for (int holders = Volatile.Read(ref _holders); holders > 0;)
        {
            int seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return this;
            }

            holders = seen;
        }

        throw new ObjectDisposedException(nameof(ModelFile));
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            Free();
            GC.SuppressFinalize(this);
        }
    }

    private void Free()
    {
        if (_view is null)
        {
            NativeMemory.AlignedFree(Pointer);
            return;
        }

        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file!.Dispose();
    }
}
