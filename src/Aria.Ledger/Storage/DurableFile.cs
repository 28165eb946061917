using System.Runtime.InteropServices;

namespace Aria.Ledger.Storage;

/// <summary>Files that are there whole, in their old or their new form, whenever the power goes.</summary>
internal static partial class DurableFile
{
    /// <summary>What a file is called while it is being written.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>Replaces a file: a temporary one, synced, renamed over it, then the directory synced.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> bytes, Action? beforeRename = null)
    {
        string temporary = path + TemporarySuffix;
        using (FileStream file = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        beforeRename?.Invoke();
        File.Move(temporary, path, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Makes a directory that is still there after the power went.</summary>
    public static void CreateDirectory(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (!Directory.Exists(full))
        {
            string? parent = Path.GetDirectoryName(full);
            if (parent is not null)
            {
                CreateDirectory(parent);
            }

            Directory.CreateDirectory(full);
            if (parent is not null)
            {
                SyncDirectory(parent);
            }
        }
    }

    // Windows keeps a rename by itself and has no such call.
    private static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = OpenDirectory(path, 0);
        int outcome = descriptor < 0 ? -1 : Sync(descriptor);
        int error = outcome == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (descriptor >= 0)
        {
            _ = CloseDirectory(descriptor);
        }

        if (outcome != 0)
        {
            throw new IOException($"The directory {path} could not be synced: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenDirectory(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDirectory(int descriptor);
}
