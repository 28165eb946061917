using System.Text;
using System.Text.Unicode;
using Aria.Engine.Text;
using Aria.Node.Generation;

namespace Aria.Gateway.Responses;

/// <summary>Log-probabilities of a chat's tokens, whole or those of one event.</summary>
internal sealed record ChatLogprobs(IReadOnlyList<ChatTokenLogprob> Content)
{
    /// <summary>No model here refuses in a field of its own.</summary>
    public IReadOnlyList<ChatTokenLogprob>? Refusal { get; init; }
}

/// <summary>One token of a chat.</summary>
internal sealed record ChatTokenLogprob(string Token, double Logprob, IReadOnlyList<int>? Bytes, IReadOnlyList<RankedLogprob> TopLogprobs);

/// <summary>One of the most probable tokens.</summary>
internal sealed record RankedLogprob(string Token, double Logprob, IReadOnlyList<int>? Bytes);

/// <summary>Log-probabilities of a completion's tokens, list by list.</summary>
internal sealed record TextLogprobs(
    IReadOnlyList<string> Tokens, IReadOnlyList<double> TokenLogprobs, IReadOnlyList<IReadOnlyDictionary<string, double>>? TopLogprobs, IReadOnlyList<long> TextOffset);

/// <summary>Spells tokens for people and programs (specs/gateway.md §4).</summary>
/// <param name="tokenizer">The model's.</param>
/// <param name="top">How many of the most probable tokens are told beside each.</param>
internal sealed class TokenLogprobs(Tokenizer tokenizer, int top)
{
    /// <summary>As a chat has them.</summary>
    public ChatLogprobs Chat(IReadOnlyList<TokenLogProbability> tokens) => new(
    [
        .. tokens.Select(one => new ChatTokenLogprob(
            Spelling(one.Token), one.LogProbability, Bytes(one.Token),
            [.. one.Best.Take(top).Select(other => new RankedLogprob(Spelling(other.Token), other.LogProbability, Bytes(other.Token)))])),
    ]);

    /// <summary>As a completion has them: the chosen token stands among the most probable even where it is none of them.</summary>
    public TextLogprobs Text(IReadOnlyList<TokenLogProbability> tokens) => new(
        [.. tokens.Select(one => Spelling(one.Token))],
        [.. tokens.Select(one => one.LogProbability)],
        top == 0 ? null : [.. tokens.Select(Ranked)],
        [.. tokens.Select(one => one.TextOffset)]);

    // Two tokens may have one spelling: the better one is told.
    private Dictionary<string, double> Ranked(TokenLogProbability token)
    {
        Dictionary<string, double> ranked = [];
        foreach (RankedToken other in (IEnumerable<RankedToken>)[.. token.Best.Take(top), new(token.Token, token.LogProbability)])
        {
            ranked.TryAdd(Spelling(other.Token), other.LogProbability);
        }

        return ranked;
    }

    // Text as it is; a part of a character as its bytes; a token that is no text by its name.
    private string Spelling(uint token)
    {
        ReadOnlySpan<byte> bytes = BytesOf(token);
        if (bytes.IsEmpty)
        {
            return token < (uint)tokenizer.VocabularySize ? tokenizer.NameOf(token) : $"<{token}>";
        }

        if (Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        StringBuilder spelled = new("bytes:");
        foreach (byte one in bytes)
        {
            spelled.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\x{one:x2}");
        }

        return spelled.ToString();
    }

    private int[]? Bytes(uint token) => BytesOf(token) is { IsEmpty: false } bytes ? [.. bytes.ToArray().Select(one => (int)one)] : null;

    private ReadOnlySpan<byte> BytesOf(uint token) => token < (uint)tokenizer.VocabularySize ? tokenizer.BytesOf(token) : [];
}
