namespace Aria.Wire.Merkle;

/// <summary>That a leaf stands at an index of a tree (RFC 6962 §2.1.1).</summary>
public static class InclusionProof
{
    /// <summary>Most hashes a proof may hold.</summary>
    public const int MaxHashes = 63;

    /// <summary>The hashes from the leaf's sibling up to below the root.</summary>
    public static IReadOnlyList<Digest> Build(ReadOnlySpan<Digest> leafHashes, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, leafHashes.Length);
        List<Digest> path = [];
        Collect(leafHashes, index, path);
        return path;
    }

    /// <summary>Whether <paramref name="proof"/> leads from the leaf to <paramref name="root"/>.</summary>
    public static bool Verify(Digest leafHash, long index, long size, IReadOnlyList<Digest> proof, Digest root)
    {
        if (index < 0 || index >= size || proof.Count > MaxHashes)
        {
            return false;
        }

        // RFC 9162 §2.1.3.2.
        long fn = index, sn = size - 1;
        Digest hash = leafHash;
        foreach (Digest step in proof)
        {
            if (sn == 0)
            {
                return false;
            }

            if ((fn & 1) == 1 || fn == sn)
            {
                hash = MerkleHash.Node(step, hash);
                while ((fn & 1) == 0 && fn != 0)
                {
                    fn >>= 1;
                    sn >>= 1;
                }
            }
            else
            {
                hash = MerkleHash.Node(hash, step);
            }

            fn >>= 1;
            sn >>= 1;
        }

        return sn == 0 && hash == root;
    }

    private static void Collect(ReadOnlySpan<Digest> leaves, int index, List<Digest> path)
    {
        if (leaves.Length == 1)
        {
            return;
        }

        int split = MerkleHash.Split(leaves.Length);
        if (index < split)
        {
            Collect(leaves[..split], index, path);
            path.Add(MerkleHash.Root(leaves[split..]));
        }
        else
        {
            Collect(leaves[split..], index - split, path);
            path.Add(MerkleHash.Root(leaves[..split]));
        }
    }
}
