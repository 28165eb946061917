using System.Text.Json;
using Aria.Node.Generation;

namespace Aria.Gateway.Responses;

/// <summary>What every document of one answer has in common.</summary>
internal sealed record AnswerHead(string Id, long Created, string Model, string Fingerprint);

/// <summary>One endpoint's documents for an answer: whole, or event by event (specs/gateway.md §4, §6).</summary>
internal abstract class AnswerFormat
{
    /// <summary>The event before any text, if there is one.</summary>
    public abstract byte[]? Opening { get; }

    /// <summary>An event with a piece of text and, where they were asked for, its tokens' log-probabilities.</summary>
    public abstract byte[] Piece(string text, IReadOnlyList<TokenLogProbability> tokens);

    /// <summary>The event with the reason for the end; what ARIA adds rides on it unless a <see cref="Totals"/> follows.</summary>
    public abstract byte[] End(string finishReason, AriaExtension? aria);

    /// <summary>The event without choices that clients ask for with <c>include_usage</c>.</summary>
    public abstract byte[] Totals(Usage usage, AriaExtension aria);

    /// <summary>The whole answer in one document.</summary>
    public abstract byte[] Whole(string text, IReadOnlyList<TokenLogProbability> tokens, string finishReason, Usage usage, AriaExtension aria);
}

/// <summary>The documents of <c>POST /v1/chat/completions</c>.</summary>
/// <param name="head">What they have in common.</param>
/// <param name="logprobs">Null: none were asked for.</param>
internal sealed class ChatFormat(AnswerHead head, TokenLogprobs? logprobs = null) : AnswerFormat
{
    public static string NewId() => "chatcmpl-" + Guid.NewGuid().ToString("N");

    public override byte[]? Opening => Bytes(Chunk(new ChatDelta { Role = "assistant" }));

    public override byte[] Piece(string text, IReadOnlyList<TokenLogProbability> tokens) =>
        Bytes(Chunk(new ChatDelta { Content = text.Length > 0 ? text : null }, null, tokens.Count > 0 ? logprobs?.Chat(tokens) : null));

    public override byte[] End(string finishReason, AriaExtension? aria) => Bytes(Chunk(new ChatDelta(), finishReason) with { Aria = aria });

    public override byte[] Totals(Usage usage, AriaExtension aria) => Bytes(Chunk() with { Usage = usage, Aria = aria });

    public override byte[] Whole(string text, IReadOnlyList<TokenLogProbability> tokens, string finishReason, Usage usage, AriaExtension aria) => JsonSerializer.SerializeToUtf8Bytes(
        new ChatCompletion(head.Id, head.Created, head.Model, head.Fingerprint, [new(0, new(text), finishReason, logprobs?.Chat(tokens))], usage, aria),
        GatewayJson.Readable.ChatCompletion);

    private static byte[] Bytes(ChatChunk chunk) => JsonSerializer.SerializeToUtf8Bytes(chunk, GatewayJson.Readable.ChatChunk);

    private ChatChunk Chunk(ChatDelta delta, string? finishReason = null, ChatLogprobs? tokens = null) => Chunk(new ChatChunkChoice(0, delta, finishReason, tokens));

    private ChatChunk Chunk(params ChatChunkChoice[] choices) => new(head.Id, head.Created, head.Model, head.Fingerprint, choices);
}

/// <summary>The documents of <c>POST /v1/completions</c>.</summary>
/// <param name="head">What they have in common.</param>
/// <param name="logprobs">Null: none were asked for.</param>
internal sealed class CompletionFormat(AnswerHead head, TokenLogprobs? logprobs = null) : AnswerFormat
{
    public static string NewId() => "cmpl-" + Guid.NewGuid().ToString("N");

    public override byte[]? Opening => null;

    public override byte[] Piece(string text, IReadOnlyList<TokenLogProbability> tokens) =>
        Bytes(Document(new TextChoice(0, text, null, tokens.Count > 0 ? logprobs?.Text(tokens) : null)));

    public override byte[] End(string finishReason, AriaExtension? aria) => Bytes(Document(new TextChoice(0, "", finishReason, null)) with { Aria = aria });

    public override byte[] Totals(Usage usage, AriaExtension aria) => Bytes(Document() with { Usage = usage, Aria = aria });

    public override byte[] Whole(string text, IReadOnlyList<TokenLogProbability> tokens, string finishReason, Usage usage, AriaExtension aria) =>
        Bytes(Document(new TextChoice(0, text, finishReason, logprobs?.Text(tokens))) with { Usage = usage, Aria = aria });

    private static byte[] Bytes(TextCompletion document) => JsonSerializer.SerializeToUtf8Bytes(document, GatewayJson.Readable.TextCompletion);

    private TextCompletion Document(params TextChoice[] choices) => new(head.Id, head.Created, head.Model, head.Fingerprint, choices);
}
