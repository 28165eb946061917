namespace Aria.Cli.Models;

/// <summary>What <c>models synth --json</c> prints.</summary>
internal sealed record SynthesisDocument(string Schema, string Shape, string Type, ulong Seed, int Layers, int Tokens, string Path, long Bytes, string Sha256)
{
    public const string SchemaName = "aria.models.synth/1";
}
