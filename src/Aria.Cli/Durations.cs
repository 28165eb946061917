using System.Globalization;

namespace Aria.Cli;

/// <summary>Durations as people write them: <c>250ms</c>, <c>90s</c>, <c>5m</c>, <c>2h</c>; a bare number is seconds.</summary>
internal static class Durations
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        (string digits, double seconds) = text switch
        {
            [.. var number, 'm', 's'] => (number, 0.001),
            [.. var number, 's'] => (number, 1),
            [.. var number, 'm'] => (number, 60),
            [.. var number, 'h'] => (number, 3600),
            _ => (text, 1.0),
        };
        bool ok = double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value * seconds <= 1e6;
        duration = ok ? TimeSpan.FromSeconds(value * seconds) : default;
        return ok;
    }
}
