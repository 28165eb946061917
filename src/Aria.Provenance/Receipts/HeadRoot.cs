namespace Aria.Provenance.Receipts;

/// <summary>What the head's owner signs: the root over the candidates' digests of <paramref name="Count"/> positions, at least one.</summary>
public readonly record struct HeadRoot(int FirstPosition, int Count, Digest Root);
