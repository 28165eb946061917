using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Tests;

public sealed class SignedEnvelopeTests
{
    private static readonly string Domain = Vectors.Text("peerRecord", "domain");
    private static readonly byte[] Envelope = Vectors.Hex("peerRecord", "envelope");

    [Fact]
    public void PeerRecordVector_IsSealedToTheByte()
    {
        using Identity identity = Vectors.Identity();
        byte[] sealedBytes = SignedEnvelope.Seal(identity, Domain, Vectors.Hex("peerRecord", "payloadType"), Vectors.Hex("peerRecord", "payload"));
        Assert.Equal(Envelope, sealedBytes);
    }

    [Fact]
    public void PeerRecordVector_Opens()
    {
        Assert.True(SignedEnvelope.TryOpen(Envelope, Domain, out SignedEnvelope? envelope));
        Assert.Equal(Vectors.Text("identity", "peerId"), envelope.Signer.ToString());
        Assert.Equal(Vectors.Hex("peerRecord", "payloadType"), envelope.PayloadType.ToArray());
        Assert.Equal(Vectors.Hex("peerRecord", "payload"), envelope.Payload.ToArray());
    }

    [Fact]
    public void AnotherDomain_DoesNotOpen() => Assert.False(SignedEnvelope.TryOpen(Envelope, "libp2p-routing-state", out _));

    [Fact]
    public void EveryFlippedBit_AndEveryCut_IsRefused()
    {
        for (int at = 0; at < Envelope.Length; at++)
        {
            Assert.False(SignedEnvelope.TryOpen(Envelope.AsSpan(0, at), Domain, out _));
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] changed = [.. Envelope];
                changed[at] ^= (byte)(1 << bit);
                Assert.False(SignedEnvelope.TryOpen(changed, Domain, out _), $"byte {at} bit {bit}");
            }
        }
    }

    [Fact]
    public void RepeatedField_IsRefused_UnknownFieldIsSkipped()
    {
        Assert.False(SignedEnvelope.TryOpen([.. Envelope, 0x12, 0x02, 3, 1], Domain, out _));
        Assert.True(SignedEnvelope.TryOpen([.. Envelope, .. new ProtobufWriter().Varint(9, 1).ToArray()], Domain, out _));
    }

    [Fact]
    public void EmptyParts_AreSignedToo()
    {
        using Identity identity = Identity.Generate();
        Assert.True(SignedEnvelope.TryOpen(SignedEnvelope.Seal(identity, "d", [], []), "d", out SignedEnvelope? envelope));
        Assert.Equal(0, envelope.Payload.Length);
    }
}
