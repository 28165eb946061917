namespace Aria.Wire.Merkle;

/// <summary>
/// A growing RFC 6962 tree that keeps only the roots of its full subtrees, at most 63 hashes, whatever its size.
/// </summary>
public sealed class MerkleRange
{
    private readonly List<Digest> _peaks = [];      // left to right, sizes falling: one for each bit of Count

    /// <summary>Number of leaves.</summary>
    public long Count { get; private set; }

    /// <summary>The tree's root; of no leaves, <see cref="MerkleHash.Empty"/>.</summary>
    public Digest Root
    {
        get
        {
            if (_peaks.Count == 0)
            {
                return MerkleHash.Empty;
            }

            Digest root = _peaks[^1];
            for (int i = _peaks.Count - 2; i >= 0; i--)
            {
                root = MerkleHash.Node(_peaks[i], root);
            }

            return root;
        }
    }

    /// <summary>Adds a leaf's hash.</summary>
    public void Append(Digest leafHash)
    {
        for (long size = Count; (size & 1) == 1; size >>= 1)
        {
            leafHash = MerkleHash.Node(_peaks[^1], leafHash);
            _peaks.RemoveAt(_peaks.Count - 1);
        }

        _peaks.Add(leafHash);
        Count++;
    }

    /// <summary>An independent copy.</summary>
    public MerkleRange Clone()
    {
        MerkleRange copy = new() { Count = Count };
        copy._peaks.AddRange(_peaks);
        return copy;
    }
}
