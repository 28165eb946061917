using System.Globalization;

namespace Aria.Discovery;

/// <summary>The last sequence that was published, kept over restarts as decimal text, replaced by renaming (specs/discovery.md §5).</summary>
internal sealed class SequenceFile(string path)
{
    private long _last;

    /// <summary>max(last + 1, unix ms); on disk before it is returned.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public long Next(DateTimeOffset now)
    {
        _last = Math.Max(Math.Max(_last, Read()) + 1, now.ToUnixTimeMilliseconds());
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        string written = path + ".new";
        using (FileStream file = new(written, FileMode.Create, FileAccess.Write))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(_last.ToString(CultureInfo.InvariantCulture)));
            file.Flush(flushToDisk: true);
        }

        File.Move(written, path, overwrite: true);
        return _last;
    }

    // What cannot be read counts as nothing: the clock then gives the next number.
    private long Read() =>
        File.Exists(path) && long.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out long last) && last < long.MaxValue ? last : 0;
}
