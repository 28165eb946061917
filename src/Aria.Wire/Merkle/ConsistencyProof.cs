namespace Aria.Wire.Merkle;

/// <summary>That a tree extends an older one (RFC 6962 §2.1.2).</summary>
public static class ConsistencyProof
{
    /// <summary>The proof from the first <paramref name="oldSize"/> leaves to all of them; empty for equal sizes and for size 0.</summary>
    public static IReadOnlyList<Digest> Build(ReadOnlySpan<Digest> leafHashes, int oldSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(oldSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(oldSize, leafHashes.Length);
        List<Digest> path = [];
        if (oldSize != 0 && oldSize != leafHashes.Length)
        {
            Collect(leafHashes, oldSize, whole: true, path);
        }

        return path;
    }

    /// <summary>Whether <paramref name="proof"/> joins the two roots.</summary>
    public static bool Verify(long oldSize, Digest oldRoot, long newSize, Digest newRoot, IReadOnlyList<Digest> proof)
    {
        if (oldSize < 0 || oldSize > newSize || proof.Count > InclusionProof.MaxHashes)
        {
            return false;
        }

        if (oldSize == newSize)
        {
            return proof.Count == 0 && oldRoot == newRoot;
        }

        if (oldSize == 0)
        {
            return proof.Count == 0 && oldRoot == MerkleHash.Empty;
        }

        // RFC 9162 §2.1.4.2.
        int at = 0;
        Digest first;
        if (System.Numerics.BitOperations.IsPow2(oldSize))
        {
            first = oldRoot;
        }
        else if (proof.Count > 0)
        {
            first = proof[at++];
        }
        else
        {
            return false;
        }

        long fn = oldSize - 1, sn = newSize - 1;
        while ((fn & 1) == 1)
        {
            fn >>= 1;
            sn >>= 1;
        }

        Digest oldHash = first, newHash = first;
        for (; at < proof.Count; at++)
        {
            if (sn == 0)
            {
                return false;
            }

            if ((fn & 1) == 1 || fn == sn)
            {
                oldHash = MerkleHash.Node(proof[at], oldHash);
                newHash = MerkleHash.Node(proof[at], newHash);
                while ((fn & 1) == 0 && fn != 0)
                {
                    fn >>= 1;
                    sn >>= 1;
                }
            }
            else
            {
                newHash = MerkleHash.Node(newHash, proof[at]);
            }

            fn >>= 1;
            sn >>= 1;
        }

        return sn == 0 && oldHash == oldRoot && newHash == newRoot;
    }

    // RFC 6962 SUBPROOF(m, D[n], whole).
    private static void Collect(ReadOnlySpan<Digest> leaves, int oldSize, bool whole, List<Digest> path)
    {
        if (oldSize == leaves.Length)
        {
            if (!whole)
            {
                path.Add(MerkleHash.Root(leaves));
            }

            return;
        }

        int split = MerkleHash.Split(leaves.Length);
        if (oldSize <= split)
        {
            Collect(leaves[..split], oldSize, whole, path);
            path.Add(MerkleHash.Root(leaves[split..]));
        }
        else
        {
            Collect(leaves[split..], oldSize - split, whole: false, path);
            path.Add(MerkleHash.Root(leaves[..split]));
        }
    }
}
