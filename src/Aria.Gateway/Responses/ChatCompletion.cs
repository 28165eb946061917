using System.Text.Json.Serialization;

namespace Aria.Gateway.Responses;

/// <summary>The whole answer of <c>POST /v1/chat/completions</c>.</summary>
internal sealed record ChatCompletion(string Id, long Created, string Model, string SystemFingerprint, IReadOnlyList<ChatChoice> Choices, Usage Usage, AriaExtension Aria)
{
    [JsonPropertyOrder(-1)]
    public string Object { get; init; } = "chat.completion";
}

/// <summary>One choice; there is only one.</summary>
internal sealed record ChatChoice(int Index, AssistantMessage Message, string FinishReason, ChatLogprobs? Logprobs);

/// <summary>What the assistant said.</summary>
internal sealed record AssistantMessage(string Content)
{
    public string Role { get; init; } = "assistant";

    public string? Refusal { get; init; }
}

/// <summary>One event of a streamed chat: the role, a piece of text, the reason for the end, or the usage with no choices.</summary>
internal sealed record ChatChunk(string Id, long Created, string Model, string SystemFingerprint, IReadOnlyList<ChatChunkChoice> Choices)
{
    [JsonPropertyOrder(-1)]
    public string Object { get; init; } = "chat.completion.chunk";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Usage? Usage { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AriaExtension? Aria { get; init; }
}

/// <summary>The choice a chunk adds to.</summary>
internal sealed record ChatChunkChoice(int Index, ChatDelta Delta, string? FinishReason, ChatLogprobs? Logprobs);

/// <summary>What is new.</summary>
internal sealed record ChatDelta
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Role { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Content { get; init; }
}
