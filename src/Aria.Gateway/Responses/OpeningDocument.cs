using System.Text.Json.Serialization;

namespace Aria.Gateway.Responses;

/// <summary><c>GET /v1/aria/records/{record}/opening</c>: private, as whoever holds it can read the prompt.</summary>
/// <param name="Record">The record's id.</param>
/// <param name="Job">The job's.</param>
/// <param name="Opening">The opening's bytes (specs/provenance.md §9) in base64.</param>
internal sealed record OpeningDocument(string Record, string Job, string Opening)
{
    [JsonPropertyOrder(-1)]
    public string Schema { get; init; } = "aria.opening/1";
}
