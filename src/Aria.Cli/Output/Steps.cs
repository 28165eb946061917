using System.Globalization;

namespace Aria.Cli.Output;

/// <summary>
/// The lines of a command that takes a while: <c> ✓ title   detail   0.3 s</c>. On a terminal a step shows while it runs;
/// elsewhere each appears once, when it is done.
/// </summary>
internal sealed class Steps(Terminal terminal, TimeProvider time)
{
    private const int TitleWidth = 20;
    private const int DetailWidth = 56;

    /// <summary>Runs one step; what it returns is its detail.</summary>
    public async Task<T> RunAsync<T>(string title, Func<Task<T>> work, Func<T, string> detail)
    {
        long started = time.GetTimestamp();
        if (terminal.Redraws)
        {
            terminal.Draw($" … {title}");
        }

        try
        {
            T result = await work();
            Done(title, detail(result), time.GetElapsedTime(started));
            return result;
        }
        catch when (Fail(title))
        {
            throw;
        }
    }

    /// <summary>Reports a step that somebody else ran.</summary>
    public void Done(string title, string detail, TimeSpan elapsed)
    {
        if (!terminal.Style.Quiet)
        {
            string seconds = elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
            Erase();
            terminal.Line($" {terminal.Paint("✓", Ink.Green)} {title.PadRight(TitleWidth)} {detail.PadRight(DetailWidth)} {seconds} s");
        }
    }

    private bool Fail(string title)
    {
        if (!terminal.Style.Quiet)
        {
            Erase();
            terminal.Line($" {terminal.Paint("✗", Ink.Red)} {title}");
        }

        return false;
    }

    private void Erase()
    {
        if (terminal.Redraws)
        {
            terminal.Draw("\r\e[K");
        }
    }
}
