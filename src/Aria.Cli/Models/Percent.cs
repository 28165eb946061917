using Aria.Cli.Output;

namespace Aria.Cli.Models;

/// <summary>Shows whole percents on a terminal that redraws; nothing elsewhere.</summary>
internal sealed class Percent(Terminal terminal, long total, string what = "") : IProgress<long>
{
    private long _shown = -1;

    public void Report(long value)
    {
        long percent = 100 * value / total;
        if (!terminal.Redraws || percent == _shown)
        {
            return;
        }

        _shown = percent;
        terminal.Draw(percent == 100 ? "\r\e[K" : $"\r … {what}{percent} %");
    }
}
