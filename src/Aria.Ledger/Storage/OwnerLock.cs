namespace Aria.Ledger.Storage;

/// <summary>The right to write a log, held by one opener in one process: an operating system's lock on an empty file, which dies with its holder.</summary>
internal sealed class OwnerLock : IDisposable
{
    public const string FileName = "lock";

    private readonly FileStream _file;

    private OwnerLock(FileStream file) => _file = file;

    /// <summary>Takes the lock.</summary>
    /// <exception cref="LedgerLockedException">Another opener holds it.</exception>
    public static OwnerLock Take(string headDirectory)
    {
        string path = Path.Combine(headDirectory, FileName);
        try
        {
            return new(new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new LedgerLockedException(headDirectory, FileList.Process(headDirectory));
        }
    }

    public void Dispose() => _file.Dispose();
}
