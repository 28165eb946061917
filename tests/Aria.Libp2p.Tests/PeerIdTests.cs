using System.Security.Cryptography;
using Aria.Testing;
using CsCheck;

namespace Aria.Libp2p.Tests;

public sealed class PeerIdTests
{
    [Fact]
    public void VectorIdentity_GivesItsIdInEveryForm()
    {
        using Identity identity = Vectors.Identity();
        Assert.Equal(Vectors.Hex("identity", "publicKeyProtobuf"), identity.PublicKeyProtobuf());
        Assert.Equal(Vectors.Hex("identity", "peerIdBytes"), identity.PeerId.Bytes.ToArray());
        Assert.Equal(Vectors.Text("identity", "peerId"), identity.PeerId.ToString());
        Assert.Equal(Vectors.Text("identity", "peerIdCidBase32"), identity.PeerId.ToCidBase32());
        Assert.Equal(Vectors.Text("identity", "peerIdCidBase36"), identity.PeerId.ToCidBase36());
        Assert.Equal(Vectors.Hex("identity", "dhtKeySha256"), SHA256.HashData(identity.PeerId.Bytes));
    }

    [Theory]
    [InlineData("peerId")]
    [InlineData("peerIdCidBase32")]
    [InlineData("peerIdCidBase36")]
    public void EveryTextForm_ParsesToTheSameId(string form) =>
        Assert.Equal(Vectors.Text("identity", "peerId"), PeerId.Parse(Vectors.Text("identity", form)).ToString());

    [Fact]
    public void SpecificationSeed_GivesItsPeerId()
    {
        byte[] seed = new byte[32];
        seed.AsSpan().Fill(1);
        using Identity identity = Identity.FromSeed(seed);
        Assert.Equal(Vectors.Text("identity2", "peerId"), identity.PeerId.ToString());
        Assert.Equal(Vectors.Hex("identity2", "peerIdBytes"), identity.PeerId.Bytes.ToArray());
    }

    [Fact]
    public void TheSpecificationsExample_HoldsAnEd25519Key()
    {
        PeerId id = PeerId.Parse("12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA");
        Assert.True(id.TryGetKey(out PeerKey? key));
        Assert.Equal(KeyType.Ed25519, key.Type);
        Assert.Equal(id, PeerId.Parse(id.ToCidBase36()));
    }

    [Fact]
    public void RsaIds_AreReadInBothForms()
    {
        PeerId id = PeerId.Parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N");
        Assert.Equal("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe", id.ToCidBase32());
        Assert.Equal(id, PeerId.Parse("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe"));
        Assert.False(id.TryGetEd25519(new byte[32]));
        Assert.False(id.Verify([1], new byte[64]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("Qm")]
    [InlineData("bafkreifoybygix7fh3r3g5rqle3wcnhqldgdg4shzf4k3ulyw3gn7mabt4")] // a CID of another codec
    [InlineData("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3p0")] // 0 is no base58 digit
    [InlineData("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3p")] // a digit short
    [InlineData("x12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq")] // no multibase of ours
    [InlineData("BAFZAAJAIAEJCAHWR5D5OFRFBIS4L5D6UWR57HU5TJODRYPFM6YAQ6DSC2R2PZYT6")]
    public void OtherTexts_AreNoPeerIds(string text)
    {
        Assert.False(PeerId.TryParse(text, out _));
        Assert.Throws<FormatException>(() => PeerId.Parse(text));
    }

    [Fact]
    public void OverlongText_IsRefusedUnread() => Assert.False(PeerId.TryParse(new string('1', 100_000), out _));

    [Fact]
    public void CutOrExtendedMultihashes_AreNoPeerIds()
    {
        byte[] bytes = Vectors.Hex("identity", "peerIdBytes");
        for (int cut = 0; cut < bytes.Length; cut++)
        {
            Assert.False(PeerId.TryFromBytes(bytes.AsSpan(0, cut), out _));
        }

        Assert.False(PeerId.TryFromBytes([.. bytes, 0], out _));
        Assert.True(PeerId.TryFromBytes(bytes, out PeerId? id));
        Assert.Equal(id, PeerId.Parse(id.ToString()));
    }

    [Fact]
    public void EveryKey_SurvivesEveryForm() => Gen.Byte.Array[32].Sample(key =>
    {
        PeerId id = PeerId.FromEd25519(key);
        byte[] back = new byte[32];
        return PeerId.Parse(id.ToString()) == id && PeerId.Parse(id.ToCidBase32()) == id && PeerId.Parse(id.ToCidBase36()) == id
            && PeerId.TryFromBytes(id.Bytes, out PeerId? same) && same == id && id.TryGetEd25519(back) && back.AsSpan().SequenceEqual(key);
    });

    [Fact]
    public void Signature_IsTheVectorsAndVerifies()
    {
        using Identity identity = Vectors.Identity();
        byte[] message = System.Text.Encoding.UTF8.GetBytes(Vectors.Text("identity", "signMessage"));
        byte[] signature = identity.Sign(message);
        Assert.Equal(Vectors.Hex("identity", "signature"), signature);
        Assert.True(identity.PeerId.Verify(message, signature));
        message[0] ^= 1;
        Assert.False(identity.PeerId.Verify(message, signature));
        Assert.False(identity.PeerId.Verify(message, signature.AsSpan(1)));
    }

    [Fact]
    public void ArbitraryTextAndBytes_NeverThrow()
    {
        Random random = TestSeed.Random();
        const string Alphabet = "1Qmbkz0OIl23456789abcdefghijkXYZ/ é";
        for (int i = 0; i < 10_000; i++)
        {
            string text = string.Concat(random.GetItems(Alphabet.AsSpan(), random.Next(70)).ToArray());
            Assert.True(!PeerId.TryParse(text, out PeerId? id) || PeerId.Parse(id.ToString()) == id);
            byte[] bytes = new byte[random.Next(50)];
            random.NextBytes(bytes);
            Assert.True(!PeerId.TryFromBytes(bytes, out id) || id.Bytes.SequenceEqual(bytes));
        }
    }
}
