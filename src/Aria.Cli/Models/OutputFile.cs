using System.Security.Cryptography;

namespace Aria.Cli.Models;

/// <summary>Writes a model to disk: beside its final name first, so that a half-written file is never taken for a model.</summary>
internal static class OutputFile
{
    private const int BufferBytes = 1 << 20;
    private const long SpareBytes = 64L << 20;      // left free on the disk

    /// <summary>Returns the file's SHA-256.</summary>
    /// <param name="path">Where it will stand; what stands there is replaced.</param>
    /// <param name="bytes">Its length.</param>
    /// <param name="write">Writes all of it.</param>
    /// <param name="check">Looks at the whole file, by the path it has until then, and throws what is wrong with it.</param>
    /// <exception cref="CommandFailedException">The folder is missing, the disk too full, or the file cannot be written.</exception>
    public static Digest Write(string path, long bytes, Action<Stream> write, Action<string>? check = null)
    {
        string folder = Path.GetDirectoryName(path)!;
        string partial = path + ".partial";
        DemandRoom(folder, bytes);
        try
        {
            Digest digest;
            using (FileStream file = new(partial, FileMode.Create, FileAccess.Write, FileShare.None, BufferBytes))
            using (IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
            {
                write(new HashingStream(file, hash));
                file.Flush(flushToDisk: true);
                digest = new(hash.GetHashAndReset());
            }

            check?.Invoke(partial);
            File.Move(partial, path, overwrite: true);
            return digest;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Precondition, "cannot_write", $"{path} cannot be written: {e.Message}", null, e);
        }
        finally
        {
            if (File.Exists(partial))
            {
                File.Delete(partial);
            }
        }
    }

    /// <exception cref="CommandFailedException">Something of that name stands there, and it may not be overwritten.</exception>
    public static void DemandFree(string path, bool force, string next)
    {
        if (Path.Exists(path) && !force)
        {
            throw CommandFailedException.Precondition("file_exists", $"{path} exists already.", next);
        }
    }

    private static void DemandRoom(string folder, long bytes)
    {
        if (!Directory.Exists(folder))
        {
            throw CommandFailedException.Precondition("no_folder", $"There is no folder {folder}.", $"mkdir -p {folder}");
        }

        long free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < bytes + SpareBytes)
        {
            throw CommandFailedException.Precondition("disk_full", $"The file has {bytes} bytes; only {free} are free under {folder}.");
        }
    }

    /// <summary>Hands bytes on and hashes them on the way.</summary>
    private sealed class HashingStream(Stream inner, IncrementalHash hash) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            inner.Write(buffer);
            hash.AppendData(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
