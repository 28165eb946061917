using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aria.Benchmarks.Reports;

/// <summary>The document's spelling: that of <c>aria --json</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(PeersDocument))]
internal sealed partial class PeersJson : JsonSerializerContext
{
    public static string Of(PeersDocument document) => JsonSerializer.Serialize(
        document, new PeersJson(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }).PeersDocument) + "\n";
}
