using Aria.Wire.Merkle;

namespace Aria.Wire.Tests.Merkle;

public sealed class MerkleTests
{
    // The eight leaves of the certificate transparency test suite and their roots for sizes 1 to 8.
    private static readonly string[] Leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    [Theory]
    [InlineData(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [InlineData(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [InlineData(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")]
    [InlineData(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void Root_IsTheKnownOne(int size, string root)
    {
        MerkleRange range = new();
        foreach (string leaf in Leaves[..size])
        {
            range.Append(MerkleHash.Leaf(Convert.FromHexString(leaf)));
        }

        Assert.Equal(root, range.Root.ToString());
        Assert.Equal(size, range.Count);
    }

    [Fact]
    public void LongLeaf_HashesAsShortOnesDo() =>
        Assert.Equal(Digest.Of([0, .. new byte[5000]]), MerkleHash.Leaf(new byte[5000]));

    [Fact]
    public void EveryInclusionProof_HoldsAndNoChangedOneDoes()
    {
        Digest[] leaves = SomeLeaves();
        for (int size = 1; size <= leaves.Length; size++)
        {
            Digest root = MerkleHash.Root(leaves.AsSpan(0, size));
            for (int index = 0; index < size; index++)
            {
                IReadOnlyList<Digest> proof = InclusionProof.Build(leaves.AsSpan(0, size), index);
                Assert.True(InclusionProof.Verify(leaves[index], index, size, proof, root));
                Assert.False(InclusionProof.Verify(Flip(leaves[index], index), index, size, proof, root));
                Assert.False(InclusionProof.Verify(leaves[index], index, size, proof, Flip(root, index)));
                Assert.False(InclusionProof.Verify(leaves[index], (index + 1) % size, size, proof, root) && size > 1);
                Refused(proof, index, changed => InclusionProof.Verify(leaves[index], index, size, changed, root));
            }

            Assert.False(InclusionProof.Verify(leaves[0], size, size, [], root));
            Assert.False(InclusionProof.Verify(leaves[0], -1, size, [], root));
        }
    }

    [Fact]
    public void EveryConsistencyProof_HoldsAndNoChangedOneDoes()
    {
        Digest[] leaves = SomeLeaves();
        Digest[] roots = [.. Enumerable.Range(0, leaves.Length + 1).Select(size => MerkleHash.Root(leaves.AsSpan(0, size)))];
        for (int size = 0; size <= leaves.Length; size++)
        {
            for (int old = 0; old <= size; old++)
            {
                IReadOnlyList<Digest> proof = ConsistencyProof.Build(leaves.AsSpan(0, size), old);
                Assert.True(ConsistencyProof.Verify(old, roots[old], size, roots[size], proof));
                Assert.False(ConsistencyProof.Verify(old, Flip(roots[old], old), size, roots[size], proof));
                Assert.False(ConsistencyProof.Verify(old, roots[old], size, Flip(roots[size], old), proof) && old > 0);
                Refused(proof, old, changed => ConsistencyProof.Verify(old, roots[old], size, roots[size], changed));
            }

            Assert.False(ConsistencyProof.Verify(size + 1, roots[size], size, roots[size], []));
            Assert.False(ConsistencyProof.Verify(-1, roots[size], size, roots[size], []));
        }
    }

    [Fact]
    public void EveryBitOfAProof_Matters()
    {
        Digest[] leaves = SomeLeaves();
        foreach ((int index, int size) in ((int, int)[])[(0, 130), (64, 65), (100, 127), (129, 130)])
        {
            IReadOnlyList<Digest> proof = InclusionProof.Build(leaves.AsSpan(0, size), index);
            Digest root = MerkleHash.Root(leaves.AsSpan(0, size));
            for (int bit = 0; bit < proof.Count * 256; bit++)
            {
                Digest[] changed = [.. proof];
                changed[bit / 256] = Flip(changed[bit / 256], bit % 256);
                Assert.False(InclusionProof.Verify(leaves[index], index, size, changed, root));
            }
        }
    }

    [Fact]
    public void ProofsFromAnIndexFarOut_NeedNoMoreThan63Hashes()
    {
        Digest[] tooMany = new Digest[64];
        Assert.False(InclusionProof.Verify(default, 0, long.MaxValue, tooMany, default));
        Assert.False(ConsistencyProof.Verify(1, default, long.MaxValue, default, tooMany));
    }

    [Fact]
    public void CopyOfARange_GrowsOnItsOwn()
    {
        MerkleRange range = new();
        range.Append(MerkleHash.Leaf([1]));
        MerkleRange copy = range.Clone();
        copy.Append(MerkleHash.Leaf([2]));
        Assert.Equal((1, 2), (range.Count, copy.Count));
        Assert.Equal(MerkleHash.Leaf([1]), range.Root);
        Assert.Equal(MerkleHash.Node(MerkleHash.Leaf([1]), MerkleHash.Leaf([2])), copy.Root);
    }

    private static Digest[] SomeLeaves() => [.. Enumerable.Range(0, 130).Select(i => MerkleHash.Leaf([(byte)i]))];

    // Each hash with one bit changed, one left out, two exchanged, one added.
    private static void Refused(IReadOnlyList<Digest> proof, int bit, Func<IReadOnlyList<Digest>, bool> verify)
    {
        Assert.False(verify([.. proof, default]));
        for (int i = 0; i < proof.Count; i++)
        {
            Digest[] changed = [.. proof];
            changed[i] = Flip(changed[i], bit + i);
            Assert.False(verify(changed));
            Assert.False(verify([.. proof.Take(i), .. proof.Skip(i + 1)]));
            if (i > 0)
            {
                changed = [.. proof];
                (changed[i - 1], changed[i]) = (changed[i], changed[i - 1]);
                Assert.False(verify(changed));
            }
        }
    }

    private static Digest Flip(Digest digest, int bit)
    {
        byte[] bytes = digest.ToArray();
        bytes[(bit / 8) % 32] ^= (byte)(1 << (bit % 8));
        return new(bytes);
    }
}
