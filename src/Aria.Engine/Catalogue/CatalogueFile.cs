namespace Aria.Engine.Catalogue;

/// <summary>
/// One published file, known by its bytes (specs/catalogue.md §2). The model's pre-tokenizer and chat layout hold for it whatever the file says: one names no pre-tokenizer and
/// holds a wrong template.
/// </summary>
/// <param name="Model">What it is a file of.</param>
/// <param name="Bytes">Length of the file.</param>
/// <param name="Sha256">Of the whole file.</param>
public sealed record CatalogueFile(CatalogueModel Model, long Bytes, Digest Sha256);
