using System.Text.Json;
using Aria.Cli.Client;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;

namespace Aria.Cli.Audits;

/// <summary>Where a record's private opening comes from: a file, or the gateway that made the record.</summary>
internal static class OpeningSource
{
    /// <exception cref="CommandFailedException">The file is none, or the gateway does not hand it out.</exception>
    public static Opening FromFile(string path)
    {
        try
        {
            return Decode(File.ReadAllBytes(path)) ?? throw CommandFailedException.Usage($"{path} is no opening.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandFailedException.Usage($"{path}: {e.Message}");
        }
    }

    /// <summary>Asks the gateway, showing the owner's token; nothing when it has no opening of this record.</summary>
    public static async Task<Opening?> FromGatewayAsync(GatewayClient gateway, RecordId record, CancellationToken cancellationToken)
    {
        using JsonDocument? document = await gateway.TryGetAsync($"/v1/aria/records/{record}/opening", cancellationToken);
        return document is null ? null
            : document.RootElement.GetProperty("opening").TryGetBytesFromBase64(out byte[]? bytes) && Decode(bytes) is { } opening ? opening
            : throw CommandFailedException.Unreachable($"The opening that {gateway.Url} hands out cannot be read.");
    }

    private static Opening? Decode(byte[] bytes) => Opening.TryDecode(bytes, out Opening? opening) == OpenStatus.Done ? opening : null;
}
