namespace Aria.Cli.Models;

/// <summary>What <c>models verify --json</c> prints.</summary>
/// <param name="Official">The catalogue's name, if the file is that model's official file byte for byte.</param>
/// <param name="Failures">Why the exit status is 4; empty when everything fits.</param>
internal sealed record VerificationDocument(
    string Schema, string Path, long Bytes, string Sha256, string? Official, string ModelId, IReadOnlyList<string> LayerDigests, IReadOnlyList<string> Failures)
{
    public const string SchemaName = "aria.models.verify/1";
}
