using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aria.Gateway.Dht;
using Aria.Gateway.Endpoints;
using Aria.Gateway.Errors;
using Aria.Gateway.Responses;

namespace Aria.Gateway;

/// <summary>Every document the gateway sends, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ApiErrorBody))]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(ChatChunk))]
[JsonSerializable(typeof(TextCompletion))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ModelCard))]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(GatewayStatus))]
[JsonSerializable(typeof(PeerList))]
[JsonSerializable(typeof(OpeningDocument))]
[JsonSerializable(typeof(DhtAnswer))]
[JsonSerializable(typeof(DhtPut))]
internal sealed partial class GatewayJson : JsonSerializerContext
{
    /// <summary>Leaves letters of every script as they are; the documents are JSON, never part of a page.</summary>
    public static GatewayJson Readable => field ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
