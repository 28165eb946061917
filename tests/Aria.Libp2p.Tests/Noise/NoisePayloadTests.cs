using System.Collections.Immutable;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.Noise;

namespace Aria.Libp2p.Tests.Noise;

public sealed class NoisePayloadTests
{
    private static readonly byte[] StaticKey = Vectors.Hex("noisePayload", "staticPublicKey");
    private static readonly byte[] Payload = Vectors.Hex("noisePayload", "payloadWithMuxers");

    [Fact]
    public void Vector_IsWrittenToTheByte_AndOpens()
    {
        using Identity identity = Vectors.Identity();
        Assert.Equal(Payload, NoisePayload.Encode(identity, StaticKey, ["/yamux/1.0.0"]));
        Assert.Equal(new ProtobufWriter().Bytes(1, identity.PublicKeyProtobuf()).Bytes(2, Vectors.Hex("noisePayload", "identitySig")).ToArray(), NoisePayload.Encode(identity, StaticKey, []));
        NoisePayload opened = NoisePayload.Open(Payload, StaticKey);
        Assert.Equal(Vectors.Text("identity", "peerId"), opened.Peer.ToString());
        Assert.Equal(["/yamux/1.0.0"], opened.Muxers);
    }

    [Fact]
    public void PayloadForAnotherStaticKey_IsRefused() =>
        Assert.Throws<ProtocolViolationException>(() => NoisePayload.Open(Payload, new byte[32]));

    [Fact]
    public void EveryFlippedByteOfKeyAndSignature_AndEveryCut_IsRefused()
    {
        int signedBytes = 2 + 36 + 2 + 64;
        for (int at = 0; at < Payload.Length; at++)
        {
            byte[] changed = [.. Payload];
            changed[at] ^= 0x01;
            if (at < signedBytes)
            {
                Assert.Throws<ProtocolViolationException>(() => NoisePayload.Open(changed, StaticKey));
            }

            if (at != signedBytes)      // there the extensions are missing as a whole, which is allowed
            {
                Assert.Throws<ProtocolViolationException>(() => NoisePayload.Open(Payload.AsSpan(0, at), StaticKey));
            }
        }
    }

    [Fact]
    public void MissingKeyOrSignature_IsRefused()
    {
        Assert.Throws<ProtocolViolationException>(() => NoisePayload.Open([], StaticKey));
        Assert.Throws<ProtocolViolationException>(() => NoisePayload.Open(new ProtobufWriter().Bytes(1, Payload.AsSpan(2, 36)).ToArray(), StaticKey));
    }

    [Theory]
    [InlineData("", "/yamux/1.0.0", null)]
    [InlineData("/yamux/1.0.0", "", null)]
    [InlineData("/a,/yamux/1.0.0", "/yamux/1.0.0,/a", "/a")]
    [InlineData("/b,/yamux/1.0.0", "/yamux/1.0.0", "/yamux/1.0.0")]
    public void EarlyMuxer_IsTheInitiatorsFirstThatTheResponderHas(string initiator, string responder, string? chosen) =>
        Assert.Equal(chosen, NoiseSecurity.ChooseMuxer(List(initiator), List(responder)));

    [Fact]
    public void NoMuxerInCommon_IsAnError() =>
        Assert.Throws<ProtocolNotSupportedException>(() => NoiseSecurity.ChooseMuxer(["/a"], ["/b"]));

    private static ImmutableArray<string> List(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries)];
}
