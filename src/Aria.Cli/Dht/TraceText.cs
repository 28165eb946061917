using System.Globalization;
using Aria.Cli.Output;
using Aria.Gateway.Dht;

namespace Aria.Cli.Dht;

/// <summary>The lookups of an answer for people: one table each, a request a line.</summary>
internal static class TraceText
{
    public static string Of(DhtAnswer answer) => string.Join('\n', (answer.Trace ?? []).Select(Of));

    private static string Of(DhtLookup lookup)
    {
        TextTable table = new("AT ms", "HOP", "BITS", "PEER", "OUTCOME", "TOOK ms", "NAMED", "");
        foreach (DhtStep step in lookup.Steps)
        {
            string brought = (step.Record ? "value " : "") + (step.Providers > 0 ? $"{Text(step.Providers)} providers" : "");
            table.Add(
                Text(step.AtMs), Text(step.Hop), Text(step.PrefixBits), step.Peer, step.Outcome, step.TookMs is { } took ? Text(took) : "", Text(step.Named), brought);
        }

        string heading = $" {lookup.Type}: {Text(lookup.Requests)} requests on {Text(lookup.Paths)} path{(lookup.Paths == 1 ? "" : "s")}, {Text(lookup.Hops)} hops, "
            + $"{Text(lookup.Answered)} of the closest answered, {Text(lookup.TookMs)} ms";
        return lookup.Steps.Count == 0 ? heading : $"{heading}\n{table}";
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(double milliseconds) => milliseconds.ToString("0.0", CultureInfo.InvariantCulture);
}
