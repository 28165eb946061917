using System.Text.Json.Serialization;

namespace Aria.Gateway.Responses;

/// <summary>The answer of <c>POST /v1/completions</c>, whole or one event of its stream.</summary>
internal sealed record TextCompletion(string Id, long Created, string Model, string SystemFingerprint, IReadOnlyList<TextChoice> Choices)
{
    [JsonPropertyOrder(-1)]
    public string Object { get; init; } = "text_completion";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Usage? Usage { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AriaExtension? Aria { get; init; }
}

/// <summary>One choice; there is only one.</summary>
internal sealed record TextChoice(int Index, string Text, string? FinishReason, TextLogprobs? Logprobs);
