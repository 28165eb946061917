using System.Globalization;
using System.Text;
using System.Text.Json;
using Aria.Cli.Ledgers;

namespace Aria.Cli.Client;

/// <summary>An answer gathered from its stream: the text, and what came with the last event.</summary>
internal sealed class StreamedAnswer
{
    private readonly StringBuilder _text = new();
    private readonly List<TokenLogprob> _logprobs = [];

    public string Text => _text.ToString();

    public string? FinishReason { get; private set; }

    /// <summary>A completion's, where they were asked for.</summary>
    public IReadOnlyList<TokenLogprob> Logprobs => _logprobs;

    public JsonElement? Usage { get; private set; }

    public JsonElement? Aria { get; private set; }

    /// <summary>Takes one event; returns the piece of text that it brought.</summary>
    public string Take(JsonElement chunk)
    {
        if (chunk.TryGetProperty("usage", out JsonElement usage) && usage.ValueKind == JsonValueKind.Object)
        {
            Usage = usage;
        }

        if (chunk.TryGetProperty("aria", out JsonElement aria))
        {
            Aria = aria;
        }

        JsonElement choices = chunk.GetProperty("choices");
        if (choices.GetArrayLength() == 0)
        {
            return "";
        }

        JsonElement choice = choices[0];
        FinishReason = choice.GetProperty("finish_reason").GetString() ?? FinishReason;
        string piece = choice.TryGetProperty("text", out JsonElement text) ? text.GetString() ?? ""
            : choice.GetProperty("delta").TryGetProperty("content", out JsonElement content) ? content.GetString() ?? ""
            : "";
        _text.Append(piece);
        if (choice.TryGetProperty("logprobs", out JsonElement logprobs) && logprobs.ValueKind == JsonValueKind.Object && logprobs.TryGetProperty("tokens", out JsonElement tokens))
        {
            JsonElement top = logprobs.GetProperty("top_logprobs");
            _logprobs.AddRange(tokens.EnumerateArray().Select((token, i) => new TokenLogprob(
                token.GetString()!, logprobs.GetProperty("token_logprobs")[i].GetDouble(), top.ValueKind == JsonValueKind.Array ? top[i] : null)));
        }

        return piece;
    }

    /// <summary><c>24 tokens · TTFT 31 ms · 41.2 tok/s · n1→n3 · record 51aa20c4… (ledger 18)</c>, and on a line of its own what went wrong with the record.</summary>
    public string Remark(NodeNames names)
    {
        List<string> parts = [];
        if (Usage is { } usage)
        {
            parts.Add($"{usage.GetProperty("completion_tokens").GetInt32()} tokens");
        }

        if (Aria is { } aria)
        {
            if (aria.GetProperty("timings") is { ValueKind: JsonValueKind.Object } timings)
            {
                parts.Add($"TTFT {Number(timings, "ttft_ms", "0")} ms");
                parts.Add($"{Number(timings, "decode_tps", "0.0")} tok/s");
            }

            parts.Add(string.Join('→', aria.GetProperty("hops").EnumerateArray().Select(hop => names.Of(hop.GetProperty("node").GetString()!))));
            if (aria.GetProperty("attempts").GetInt32() is > 1 and int attempts)
            {
                parts.Add($"{attempts} attempts");
            }

            parts.Add(EnergyOf(aria.GetProperty("energy")));
            if (aria.GetProperty("record").GetString() is { } record)
            {
                string place = aria.GetProperty("ledger") is { ValueKind: JsonValueKind.Object } ledger ? $" (ledger {ledger.GetProperty("index").GetInt64()})" : "";
                parts.Add($"record {record[..12]}{place}");
            }
        }

        string problem = Aria is { } told && told.TryGetProperty("problem", out JsonElement words) && words.GetString() is { } text ? $"\nwarning: {text}" : "";
        return string.Join(" · ", parts) + problem;
    }

    private static string EnergyOf(JsonElement energy) => energy.ValueKind != JsonValueKind.Object || energy.GetProperty("method").GetString() is "none" or null
        ? "energy not measured"
        : $"{energy.GetProperty("method").GetString()} {Joules(energy, "low_mj")}-{Joules(energy, "high_mj")} J";

    private static string Joules(JsonElement energy, string name) => (energy.GetProperty(name).GetUInt64() / 1000.0).ToString("0.##", CultureInfo.InvariantCulture);

    private static string Number(JsonElement element, string name, string format) => element.GetProperty(name).GetDouble().ToString(format, CultureInfo.InvariantCulture);
}
