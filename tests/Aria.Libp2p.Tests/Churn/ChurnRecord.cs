using System.Globalization;
using System.Text.Json;

namespace Aria.Libp2p.Tests.Churn;

/// <summary>
/// The samples of a run and what they say. One sample swings by what pools and threads happen to hold, so growth is read from medians: those of the first and of the last quarter of the
/// second half, by which time bounded tables are full and caches warm.
/// </summary>
internal sealed class ChurnRecord
{
    private const int Parts = 8;

    private readonly List<Held> _samples = [];

    public IReadOnlyList<Held> Samples => _samples;

    /// <summary>Visits that failed while the process was held up for longer than any timeout, and how long it was held up.</summary>
    public int Interrupted { get; set; }

    public TimeSpan HeldUp { get; set; }

    /// <summary>From the fifth to the last eighth of the run.</summary>
    public double ManagedGrowth => Growth(one => one.ManagedBytes);

    /// <summary>Between any two samples of the second half.</summary>
    public long HandlesSpread => Spread(one => one.Handles);

    public long TimersSpread => Spread(one => one.Timers);

    public void Add(Held sample) => _samples.Add(sample);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"Over the second half: managed {100 * ManagedGrowth:+0.00;-0.00} %, anonymous {100 * Growth(one => one.AnonymousBytes):+0.00;-0.00} %, resident {100 * Growth(one => one.ResidentBytes):+0.00;-0.00} %, handles within {HandlesSpread}, timers within {TimersSpread}.");

    public IEnumerable<string> ToMarkdown(string how)
    {
        yield return "# libp2p: churn";
        yield return "";
        yield return string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC, {_samples[^1].At.TotalMinutes:0.0} minutes, {_samples[^1].Connections} connections. {how}");
        yield return string.Create(CultureInfo.InvariantCulture, $"The process was held up for {HeldUp.TotalMinutes:0.0} minutes beside that; {Interrupted} visits failed for it.");
        yield return "";
        yield return "| part of the run | managed kB: median | least | most | committed MB | anonymous MB | resident MB: median | least | most | handles | timers |";
        yield return "|---|---|---|---|---|---|---|---|---|---|---|";
        for (int part = 0; part < Parts; part++)
        {
            Held[] some = Part(part);
            if (some.Length > 0)
            {
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {part + 1} of {Parts} | {Median(some, one => one.ManagedBytes) / 1e3:0.0} | {some.Min(one => one.ManagedBytes) / 1e3:0.0} | {some.Max(one => one.ManagedBytes) / 1e3:0.0} | {Median(some, one => one.CommittedBytes) / 1e6:0.0} | {Median(some, one => one.AnonymousBytes) / 1e6:0.0} | {Median(some, one => one.ResidentBytes) / 1e6:0.0} | {some.Min(one => one.ResidentBytes) / 1e6:0.0} | {some.Max(one => one.ResidentBytes) / 1e6:0.0} | {Range(some, one => one.Handles)} | {Range(some, one => one.Timers)} |");
            }
        }

        yield return "";
        yield return ToString();
        yield return "Growth is from the median of the fifth eighth to that of the last, handles and timers are the span of all samples of the second half. Managed is what lives; committed is what the collector has of the system for it; anonymous are the resident bytes that no file backs, the rest being code and libraries.";
    }

    public string ToJson() => JsonSerializer.Serialize(
        _samples.Select(one => new { seconds = Math.Round(one.At.TotalSeconds, 1), one.Connections, one.ManagedBytes, one.CommittedBytes, one.AnonymousBytes, one.ResidentBytes, one.Handles, one.Timers }),
        JsonSerializerOptions.Web);

    private double Growth(Func<Held, long> what)
    {
        double before = Median(Part(Parts / 2), what);
        return (Median(Part(Parts - 1), what) - before) / before;
    }

    private long Spread(Func<Held, long> what)
    {
        Held[] half = [.. _samples.Skip(_samples.Count / 2)];
        return half.Max(what) - half.Min(what);
    }

    private Held[] Part(int part) => [.. _samples.Skip(_samples.Count * part / Parts).Take(_samples.Count * (part + 1) / Parts - _samples.Count * part / Parts)];

    private static double Median(Held[] some, Func<Held, long> what)
    {
        long[] sorted = [.. some.Select(what).Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2.0;
    }

    private static string Range(Held[] some, Func<Held, long> what) => some.Min(what) == some.Max(what)
        ? some.Min(what).ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{some.Min(what)} to {some.Max(what)}");
}
