using System.Text.Json.Serialization;

namespace Aria.Gateway.Responses;

/// <summary><c>GET /health</c>.</summary>
/// <param name="Status"><c>ok</c> or <c>no_route</c>.</param>
/// <param name="Reason">What is missing, when something is.</param>
internal sealed record Health(string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason);
