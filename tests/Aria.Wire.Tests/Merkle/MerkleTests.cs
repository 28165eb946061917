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
        Digest[] leaves = [.. Enumerable.Range(0, 70).Select(i => MerkleHash.Leaf([(byte)i]))];
        for (int size = 1; size <= leaves.Length; size++)
        {
            Digest root = MerkleHash.Root(leaves.AsSpan(0, size));
            for (int index = 0; index < size; index++)
            {
                IReadOnlyList<Digest> proof = InclusionProof.Build(leaves.AsSpan(0, size), index);
                Assert.True(InclusionProof.Verify(leaves[index], index, size, proof, root));
                Assert.False(InclusionProof.Verify(leaves[index], index, size, [.. proof, root], root));
                Assert.False(InclusionProof.Verify(Flip(leaves[index], index), index, size, proof, root));
                for (int i = 0; i < proof.Count; i++)
                {
                    Digest[] changed = [.. proof];
                    changed[i] = Flip(changed[i], index + i);
                    Assert.False(InclusionProof.Verify(leaves[index], index, size, changed, root));
                }
            }
        }
    }

    [Fact]
    public void EveryConsistencyProof_HoldsAndNoChangedOneDoes()
    {
        Digest[] leaves = [.. Enumerable.Range(0, 70).Select(i => MerkleHash.Leaf([(byte)i]))];
        for (int size = 0; size <= leaves.Length; size++)
        {
            Digest root = MerkleHash.Root(leaves.AsSpan(0, size));
            for (int old = 0; old <= size; old++)
            {
                Digest oldRoot = MerkleHash.Root(leaves.AsSpan(0, old));
                IReadOnlyList<Digest> proof = ConsistencyProof.Build(leaves.AsSpan(0, size), old);
                Assert.True(ConsistencyProof.Verify(old, oldRoot, size, root, proof));
                Assert.False(ConsistencyProof.Verify(old, Flip(oldRoot, old), size, root, proof));
                for (int i = 0; i < proof.Count; i++)
                {
                    Digest[] changed = [.. proof];
                    changed[i] = Flip(changed[i], old + i);
                    Assert.False(ConsistencyProof.Verify(old, oldRoot, size, root, changed));
                }
            }
        }
    }

    private static Digest Flip(Digest digest, int bit)
    {
        byte[] bytes = digest.ToArray();
        bytes[bit / 8 % 32] ^= (byte)(1 << (bit % 8));
        return new(bytes);
    }
}
