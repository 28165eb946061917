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
    public async ValueTask<byte[]?> ReadAsync(JobId job, int epoch, int stage, CancellationToken cancellationToken)
    {
        try
        {
            string path = PathOf(job, epoch, stage);
            return new FileInfo(path) is { Exists: true, Length: <= Limits.TraceBytes } ? await File.ReadAllBytesAsync(path, cancellationToken) : null;
        }
        catch (FileNotFoundException)
        {
            return null;        // removed since
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
