using System.Globalization;
using System.Text;

namespace Aria.Cli.Processes;

/// <summary>
/// A process's log: each line with the time it arrived. At <see cref="MaxBytes"/> the file is renamed to <c>….1</c> and begun anew, so
/// that a testnet left running does not fill the disk.
/// </summary>
internal sealed class LogFile : IDisposable
{
    /// <summary>Size of one file in bytes; at most two exist.</summary>
    public const long MaxBytes = 8 << 20;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly string _path;
    private StreamWriter? _writer;

    public LogFile(string path, TimeProvider time)
    {
        (_path, _time) = (path, time);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _writer = Open();
    }

    /// <summary>Appends a line; dropped once closed, or when the disk refuses it: a log never stops what it describes.</summary>
    public void Write(string line)
    {
        lock (_gate)
        {
            try
            {
                if (_writer is { BaseStream.Length: > MaxBytes } full)
                {
                    full.Dispose();
                    File.Move(_path, _path + ".1", overwrite: true);
                    _writer = Open();
                }

                _writer?.WriteLine($"{_time.GetLocalNow().ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture)} {line}");
            }
            catch (IOException)
            {
            }
        }
    }

    /// <summary>The last <paramref name="count"/> lines of a log, without reading all of it.</summary>
    public static IReadOnlyList<string> Tail(string path, int count)
    {
        const int AverageLineBytes = 512;
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            long wanted = (long)count * AverageLineBytes;
            bool cut = stream.Length > wanted;
            stream.Seek(cut ? -wanted : 0, cut ? SeekOrigin.End : SeekOrigin.Begin);
            using StreamReader reader = new(stream, Encoding.UTF8);
            List<string> lines = [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
            return lines[Math.Max(cut ? 1 : 0, lines.Count - count)..];
        }
        catch (IOException)
        {
            return [];
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _writer?.Dispose();
            _writer = null;
        }
    }

    private StreamWriter Open() =>
        new(new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete), new UTF8Encoding(false)) { AutoFlush = true };
}
