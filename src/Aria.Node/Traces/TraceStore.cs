using System.Globalization;
using Aria.Provenance;
using Aria.Provenance.Receipts;

namespace Aria.Node.Traces;

/// <summary>
/// The traces of this node's stages, for auditors: a file each, the oldest removed where the room is used up (specs/node.md §3). A trace that is lost costs an
/// audit its precision, nothing else, so files are not synced.
/// </summary>
public sealed class TraceStore
{
    private const string Extension = ".trace";

    private readonly string _directory;
    private readonly long _maxBytes;
    private readonly Lock _lock = new();
    private readonly Queue<(string Path, long Bytes)> _kept = [];
    private long _bytes;

    private TraceStore(string directory, long maxBytes) => (_directory, _maxBytes) = (directory, maxBytes);

    /// <summary>Opens a directory, which is made if it is not there.</summary>
    public static TraceStore Open(string directory, long maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        TraceStore store = new(directory, maxBytes);
        DirectoryInfo folder = Directory.CreateDirectory(directory);
        foreach (FileInfo file in folder.EnumerateFiles("*.tmp"))
        {
            file.Delete();
        }

        foreach (FileInfo file in folder.EnumerateFiles("*" + Extension).OrderBy(file => file.LastWriteTimeUtc))
        {
            store.Count(file.FullName, file.Length);
        }

        return store;
    }

    /// <summary>Keeps a trace.</summary>
    public async ValueTask KeepAsync(StageTrace trace, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(trace);
        string path = PathOf(trace.Job, trace.Epoch, trace.Stage);
        byte[] bytes = trace.Encode();
        await File.WriteAllBytesAsync(path + ".tmp", bytes, cancellationToken);
        File.Move(path + ".tmp", path, overwrite: true);
        Count(path, bytes.Length);
    }

    /// <summary>A trace's bytes (specs/provenance.md §7), or null.</summary>
    public async ValueTask<byte[]?> ReadAsync(JobId job, int epoch, int stage, CancellationToken cancellationToken) =>
        (await ReadPartAsync(job, epoch, stage, 0, Limits.TraceBytes, cancellationToken))?.Bytes;

    /// <summary>The same from a node's folder that somebody else may be writing to; nothing in it is changed.</summary>
    public static ValueTask<byte[]?> ReadFromAsync(string directory, JobId job, int epoch, int stage, CancellationToken cancellationToken) =>
        new TraceStore(directory, long.MaxValue).ReadAsync(job, epoch, stage, cancellationToken);

    /// <summary>Up to <paramref name="maxBytes"/> of a trace from an offset on, with its whole length; null if there is no such trace or it ends before.</summary>
    public async ValueTask<(int TotalBytes, byte[] Bytes)?> ReadPartAsync(JobId job, int epoch, int stage, int offset, int maxBytes, CancellationToken cancellationToken)
    {
        try
        {
            await using FileStream file = new(PathOf(job, epoch, stage), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            if (file.Length > Limits.TraceBytes || offset > file.Length)
            {
                return null;
            }

            byte[] part = new byte[Math.Min(maxBytes, file.Length - offset)];
            file.Position = offset;
            await file.ReadExactlyAsync(part, cancellationToken);
            return ((int)file.Length, part);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private string PathOf(JobId job, int epoch, int stage) =>
        Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"{job}-{epoch}-{stage}{Extension}"));

    private void Count(string path, long bytes)
    {
        lock (_lock)
        {
            _kept.Enqueue((path, bytes));
            _bytes += bytes;
            while (_bytes > _maxBytes && _kept.Count > 1)
            {
                (string oldest, long freed) = _kept.Dequeue();
                _bytes -= freed;
                File.Delete(oldest);
            }
        }
    }
}
