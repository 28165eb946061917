namespace Aria.Gateway.Responses;

/// <summary>Tokens as the model's own tokenizer counts them.</summary>
internal sealed record Usage(int PromptTokens, int CompletionTokens, int TotalTokens)
{
    public PromptTokensDetails PromptTokensDetails { get; init; } = new(0);

    public CompletionTokensDetails CompletionTokensDetails { get; init; } = new(0);

    public static Usage Of(int prompt, int completion) => new(prompt, completion, prompt + completion);
}

/// <summary>No prompt is served from a cache in this version.</summary>
internal sealed record PromptTokensDetails(int CachedTokens);

/// <summary>No model here thinks aloud.</summary>
internal sealed record CompletionTokensDetails(int ReasoningTokens);
