using System.Text.Json.Serialization;

namespace Aria.Gateway.Responses;

/// <summary>What ARIA adds to an answer: where it came from and how to check it (specs/gateway.md §4).</summary>
/// <param name="Job">Names the generation; sent in the header <c>x-aria-job</c> before the first token.</param>
/// <param name="Record">The record's id, once signed.</param>
/// <param name="Ledger">Where the gateway's own log holds the record.</param>
/// <param name="Seed">The seed that was used, given or drawn, as text: it may exceed what a JSON number keeps.</param>
/// <param name="Attempts">Pipelines it took: 1 unless a node was lost.</param>
/// <param name="Hops">The last attempt's stages in order.</param>
/// <param name="Energy">Claimed and bounded, never proven.</param>
/// <param name="Timings">Measured by the gateway.</param>
/// <param name="Ignored">Request fields that had no effect.</param>
internal sealed record AriaExtension(
    string Job, string? Record, LedgerPlace? Ledger, string Seed, int Attempts, IReadOnlyList<Hop> Hops, EnergyRange Energy, Timings Timings, IReadOnlyList<string> Ignored)
{
    /// <summary>Why there is no record, or no place of it, when there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Problem { get; init; }
}

/// <summary>An entry of the gateway's log.</summary>
internal sealed record LedgerPlace(long Index);

/// <summary>One stage.</summary>
internal sealed record Hop(string Node, string Layers, bool Embedding, bool Head)
{
    public static Hop Of(NodeId node, StageSpan span) => new(node.ToString(), $"{span.Layers.Start}-{span.Layers.End}", span.Embedding, span.Head);
}

/// <summary>Millijoules, as a range with the method that gave it.</summary>
internal sealed record EnergyRange(string Method, long LowMj, long HighMj);

/// <summary>Milliseconds, and tokens per second after the first.</summary>
internal sealed record Timings(double TtftMs, double TotalMs, double DecodeTps)
{
    public static Timings Of(TimeSpan toFirst, TimeSpan total, int tokens)
    {
        TimeSpan decode = total - toFirst;
        return new(
            Math.Round(toFirst.TotalMilliseconds, 2), Math.Round(total.TotalMilliseconds, 2), tokens > 1 && decode > TimeSpan.Zero ? Math.Round((tokens - 1) / decode.TotalSeconds, 1) : 0);
    }
}
