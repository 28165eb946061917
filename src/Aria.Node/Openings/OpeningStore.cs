using Aria.Provenance.Records;
using Aria.Provenance.Signatures;

namespace Aria.Node.Openings;

/// <summary>
/// The private openings of records made here: a file each that only the owner may read, the oldest removed where there are too many (specs/node.md §4).
/// Erasing one cuts the record off from its text.
/// </summary>
public sealed class OpeningStore
{
    private const string Extension = ".opening";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _directory;
    private readonly int _maxCount;
    private readonly Lock _lock = new();
    private readonly Queue<string> _kept = [];

    private OpeningStore(string directory, int maxCount) => (_directory, _maxCount) = (directory, maxCount);

    /// <summary>Opens a directory, which is made if it is not there.</summary>
    public static OpeningStore Open(string directory, int maxCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxCount);
        OpeningStore store = new(directory, maxCount);
        DirectoryInfo folder = OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(directory)
            : Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
        foreach (FileInfo file in folder.EnumerateFiles("*.tmp"))
        {
            file.Delete();
        }

        foreach (FileInfo file in folder.EnumerateFiles("*" + Extension).OrderBy(file => file.LastWriteTimeUtc))
        {
            store.Count(file.FullName);
        }

        return store;
    }

    /// <summary>The records whose openings are kept.</summary>
    public IReadOnlyList<RecordId> Records =>
    [
        .. Directory.EnumerateFiles(_directory, "*" + Extension)
            .Select(path => RecordId.TryParse(Path.GetFileNameWithoutExtension(path), out RecordId id) ? id : (RecordId?)null).OfType<RecordId>(),
    ];

    /// <summary>The opening of a record, or null.</summary>
    public Opening? Find(RecordId record)
    {
        try
        {
            return Opening.TryDecode(File.ReadAllBytes(PathOf(record)), out Opening? opening) == OpenStatus.Done ? opening : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Removes an opening; whether there was one.</summary>
    public bool Erase(RecordId record)
    {
        bool there = File.Exists(PathOf(record));
        File.Delete(PathOf(record));
        return there;
    }

    /// <summary>Keeps an opening.</summary>
    internal void Keep(RecordId record, Opening opening)
    {
        string path = PathOf(record);
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (FileStream file = new(path + ".tmp", options))
        {
            file.Write(opening.Encode());
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".tmp", path, overwrite: true);
        Count(path);
    }

    private string PathOf(RecordId record) => Path.Combine(_directory, record + Extension);

    private void Count(string path)
    {
        lock (_lock)
        {
            _kept.Enqueue(path);
            while (_kept.Count > _maxCount)
            {
                File.Delete(_kept.Dequeue());
            }
        }
    }
}
