namespace Aria.Cli.Models;

/// <summary>What <c>models import --json</c> prints.</summary>
/// <param name="Packing">How the source stores its ternary matrices: packed, as numbers, or as master weights that were quantised here.</param>
internal sealed record ImportDocument(
    string Schema, string Source, string Packing, string Architecture, int Layers, int Dim, int Tokens, int Vocabulary, string Path, long Bytes, string Sha256, string ModelId)
{
    public const string SchemaName = "aria.models.import/1";
}
