using Aria.Wire.Merkle;

namespace Aria.Provenance.Activations;

/// <summary>The RFC 6962 root over digests of consecutive positions; a leaf's data is the 32-byte digest.</summary>
public static class PositionRoot
{
    /// <summary>The root.</summary>
    public static Digest Of(ReadOnlySpan<Digest> digests)
    {
        MerkleRange range = new();
        foreach (ref readonly Digest digest in digests)
        {
            range.Append(MerkleHash.Leaf(digest.Span));
        }

        return range.Root;
    }
}
