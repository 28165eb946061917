using System.Text.Json.Serialization;

namespace Aria.Gateway.Responses;

/// <summary><c>GET /health</c>.</summary>
/// <param name="Status"><c>ok</c>, <c>no_route</c> or <c>ledger_stopped</c>.</param>
/// <param name="Reason">What is missing, when something is.</param>
internal sealed record Health(string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason)
{
    /// <summary>The gateway's log takes no more records.</summary>
    internal static Health LedgerStopped(string reason) => new("ledger_stopped", reason);
}
