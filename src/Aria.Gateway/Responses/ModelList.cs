using System.Text.Json.Serialization;

namespace Aria.Gateway.Responses;

/// <summary><c>GET /v1/models</c>: models that the network can serve now.</summary>
internal sealed record ModelList(IReadOnlyList<ModelCard> Data)
{
    [JsonPropertyOrder(-1)]
    public string Object { get; init; } = "list";
}

/// <summary>One model.</summary>
internal sealed record ModelCard(string Id, long Created, ModelFacts Aria)
{
    [JsonPropertyOrder(-1)]
    public string Object { get; init; } = "model";

    public string OwnedBy { get; init; } = "aria";
}

/// <summary>What ARIA knows of a model.</summary>
/// <param name="ModelId">Equal ids mean equal weights, tokenizer and numbers.</param>
/// <param name="Layers">Layers of the model.</param>
/// <param name="ContextLength">Tokens that prompt and answer may have together.</param>
/// <param name="Coverage">For each layer, how many nodes serve it.</param>
/// <param name="Servable">Whether embedding, every layer and the head have a node.</param>
internal sealed record ModelFacts(string ModelId, int Layers, int ContextLength, IReadOnlyList<int> Coverage, bool Servable);
