using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Aria.Libp2p.Benchmarks.Attacks;

/// <summary>How hard an attacker tries, and what it may take from the two processors that it shares with its victims.</summary>
internal enum Manner
{
    /// <summary>At the attack's rate, and on a processor only while nobody else wants it, as if on another machine.</summary>
    Paced,

    /// <summary>As fast as it can, and on a processor only while nobody else wants it.</summary>
    Aside,

    /// <summary>As fast as it can, with the same claim to the processors as everybody else.</summary>
    Equal,
}

/// <summary>One attack: what it reached, the processors that both sides used of one, what the target counted, and the honest peer's pings in microseconds.</summary>
internal sealed record AttackSample(
    Attack Attack, Manner Manner, double BlowsPerSecond, double AttackerProcessors, double TargetProcessors, double TargetPauses, IReadOnlyDictionary<string, long> Counts, IReadOnlyList<double> Pings)
{
    /// <summary>What the target refused, of connections and streams.</summary>
    public long Refused => Counts.Where(one => one.Key.Contains("refused", StringComparison.Ordinal) || one.Key.Contains("violated", StringComparison.Ordinal)).Sum(one => one.Value);

    public long Logged => Counts.Where(one => one.Key.StartsWith("logged", StringComparison.Ordinal)).Sum(one => one.Value);
}

/// <summary>The attacks beside the undisturbed pings, as a table for people and as JSON.</summary>
internal sealed class AttackReport(IReadOnlyList<double> undisturbed, IReadOnlyList<AttackSample> samples)
{
    private const double MaxRatio = 2;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string ToMarkdown()
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"# libp2p: an honest peer's pings under attack, {DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Report.Machine()}. Three processes on the loopback interface: a listener with the default limits, an honest peer that pings it, each ping on a stream of its own with 2 ms between them, and an attacker.");
        text.AppendLine(CultureInfo.InvariantCulture, $"Undisturbed, {undisturbed.Count} pings spread over the whole run: p50 {Quantile(undisturbed, 0.5):0} µs, p99 {Quantile(undisturbed, 0.99):0} µs. Processors are those of the process, 1.00 being one of them all the time. Refused is what the listener counted as such from the attack's first blow on; lines are all that it logged meanwhile, at any level: one of a kind, host and minute, so that an attack of a kind that was logged a moment before has none.");
        Table(text, "At the rate that is named; the attacker has the processors only while nobody else wants them (`chrt --idle`), as if it were on another machine", Manner.Paced);
        Table(text, "As fast as one process can, with the processors only while nobody else wants them", Manner.Aside);
        Table(text, "As fast as one process can, with the same claim to the processors as the listener and the honest peer", Manner.Equal);
        return text.ToString();
    }

    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            time = DateTimeOffset.UtcNow,
            machine = Report.Machine(),
            undisturbed = Summary(undisturbed),
            attacks = samples.Select(one => new
            {
                one.Attack.Name, one.Attack.Blow, manner = one.Manner.ToString(), one.Attack.PerSecond, one.BlowsPerSecond, one.AttackerProcessors, one.TargetProcessors, one.TargetPauses, one.Counts, pings = Summary(one.Pings), ratio = Ratio(one),
            }),
        },
        Json);

    private void Table(StringBuilder text, string title, Manner manner)
    {
        bool isPaced = manner == Manner.Paced;
        AttackSample[] some = [.. samples.Where(one => one.Manner == manner)];
        if (some.Length == 0)
        {
            return;
        }

        text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {title}").AppendLine();
        text.AppendLine(isPaced ? "| attack | of them a second, asked and reached | processors: attacker, listener | p50 | p99 | × undisturbed | goal | | refused | lines |" : "| attack | a second | processors: attacker, listener | p50 | p99 | × undisturbed | refused | lines |");
        text.AppendLine(isPaced ? "|---|---|---|---|---|---|---|---|---|---|" : "|---|---|---|---|---|---|---|---|");
        foreach (AttackSample one in some)
        {
            string rate = isPaced ? string.Create(CultureInfo.InvariantCulture, $"{one.Attack.PerSecond:0}, {one.BlowsPerSecond:0}") : one.BlowsPerSecond.ToString("0", CultureInfo.InvariantCulture);
            string goal = isPaced ? string.Create(CultureInfo.InvariantCulture, $" ≤ {MaxRatio} | {(Ratio(one) <= MaxRatio ? "met" : "missed")} |") : "";
            text.AppendLine(CultureInfo.InvariantCulture, $"| {one.Attack.Name}: {one.Attack.Blow} | {rate} | {one.AttackerProcessors:0.00}, {one.TargetProcessors:0.00} | {Quantile(one.Pings, 0.5):0} µs | {Quantile(one.Pings, 0.99):0} µs | {Ratio(one):0.00} |{goal} {one.Refused} | {one.Logged} |");
        }
    }

    private double Ratio(AttackSample one) => Quantile(one.Pings, 0.99) / Quantile(undisturbed, 0.99);

    private static object Summary(IReadOnlyList<double> pings) => new
    {
        count = pings.Count,
        quantiles = new[] { 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1 }.ToDictionary(part => part.ToString(CultureInfo.InvariantCulture), part => Math.Round(Quantile(pings, part), 1)),
    };

    private static double Quantile(IReadOnlyList<double> samples, double part)
    {
        double[] sorted = [.. samples.Order()];
        return sorted[Math.Min((int)(sorted.Length * part), sorted.Length - 1)];
    }
}
