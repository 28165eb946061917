using Aria;

namespace Aria.Gateway.Requests;

/// <summary>What both endpoints have in common, validated.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="MaxTokens">Most tokens to generate; nothing means the endpoint's default.</param>
/// <param name="Sampling">With the seed given, or one drawn for this request.</param>
/// <param name="Stops">Up to four texts that end the answer.</param>
/// <param name="Stream">Server-sent events instead of one document.</param>
/// <param name="IncludeUsage">A usage chunk at the end of the stream.</param>
/// <param name="Ignored">Fields that were given and have no effect here; told in <c>aria.ignored</c>.</param>
internal sealed record GenerationSettings(
    string Model, int? MaxTokens, SamplingParameters Sampling, IReadOnlyList<string> Stops, bool Stream, bool IncludeUsage, IReadOnlyList<string> Ignored)
{
    /// <summary>How many of the most probable tokens are told beside each token's log-probability; null: no log-probabilities.</summary>
    public int? TopLogprobs { get; init; }
}
