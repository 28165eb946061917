using System.Text;

namespace Aria.Cli.Benchmarks.Reports;

/// <summary>A file that a report is written to in the end. Opened before anything is measured, so that minutes are not spent for a name that cannot be written.</summary>
internal sealed class ReportFile : IDisposable
{
    private readonly FileStream? _file;
    private bool _empty;        // nothing stands in it

    private ReportFile(FileStream? file) => (_file, _empty) = (file, file?.Length == 0);

    /// <summary>Of nothing, where no path was given. What stood in the file stays until the report is written.</summary>
    /// <exception cref="CommandFailedException">It cannot be written.</exception>
    public static ReportFile Open(string? path)
    {
        try
        {
            return new(path is null ? null : new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandFailedException(ExitCode.Precondition, "report_unwritable", $"{path} cannot be written: {e.Message}", cause: e);
        }
    }

    public void Write(Func<string> text)
    {
        if (_file is not null)
        {
            _file.SetLength(0);
            _file.Write(Encoding.UTF8.GetBytes(text()));
            _file.Flush();
            _empty = false;
        }
    }

    /// <summary>A benchmark that failed leaves no empty report.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        if (_empty)
        {
            File.Delete(_file!.Name);
        }
    }
}
