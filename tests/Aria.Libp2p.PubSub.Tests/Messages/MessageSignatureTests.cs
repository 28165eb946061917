using System.Security.Cryptography;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Tests.Messages;

public sealed class MessageSignatureTests
{
    private static readonly Identity Author = Identity.FromSeed(PubSubVectors.Message.Hex("seed"));

    private static GossipMessage Vector => GossipMessage.Create(
        Author, PubSubVectors.Message.GetProperty("sequence").GetUInt64(), PubSubVectors.Message.GetProperty("topic").GetString()!, PubSubVectors.Message.Hex("data"));

    private static GossipMessage With(byte[]? from = null, byte[]? sequence = null, byte[]? signature = null, byte[]? key = null, string topic = "t", string data = "x")
    {
        ProtobufWriter writer = new();
        if ((from ?? Author.PeerId.Bytes.ToArray()) is { Length: > 0 } author)
        {
            writer.Bytes(1, author);
        }

        writer.Text(2, data).Bytes(3, sequence ?? [0, 0, 0, 0, 0, 0, 0, 1]).Text(4, topic);
        byte[] signed = writer.ToArray();
        if ((signature ?? Author.Sign(MessageSignature.InputOf(signed))) is { Length: > 0 } bytes)
        {
            writer.Bytes(5, bytes);
        }

        return RpcCodec.DecodeMessage((key is null ? writer : writer.Bytes(6, key)).Written.Span);
    }

    [Fact]
    public void AsJsSigns_AndNamesIt()
    {
        Assert.Equal(PubSubVectors.Message.Hex("signedBytes"), MessageSignature.InputOf(Vector.Signed.Span));
        Assert.Equal(PubSubVectors.Message.Hex("signature"), Vector.Signature!.Value.ToArray());
        Assert.Equal(PubSubVectors.Message.Hex("id"), GossipMessage.DefaultId(Vector).Bytes.ToArray());
        Assert.Equal(PubSubVectors.Message.GetProperty("author").GetString(), Vector.Author!.ToString());
        Assert.Equal(SignatureVerdict.Good, MessageSignature.Verify(Vector));
    }

    [Fact]
    public void AKeyThatMatches_IsNoHarm_AnotherOneIs()
    {
        byte[] key = Author.PeerId.Bytes[2..].ToArray();
        Assert.Equal(SignatureVerdict.Good, MessageSignature.Verify(With(key: key)));
        Assert.Equal(SignatureVerdict.Wrong, MessageSignature.Verify(With(key: [.. Peers.Identity(1).PeerId.Bytes[2..]])));
        Assert.Equal(SignatureVerdict.Wrong, MessageSignature.Verify(With(key: [])));
    }

    [Fact]
    public void WhatIsMissing_IsNamed()
    {
        Assert.Equal(SignatureVerdict.Missing, MessageSignature.Verify(With(from: [])));
        Assert.Equal(SignatureVerdict.Missing, MessageSignature.Verify(With(from: [1, 2, 3])));
        Assert.Equal(SignatureVerdict.Missing, MessageSignature.Verify(With(signature: [])));
        Assert.Equal(SignatureVerdict.Missing, MessageSignature.Verify(With(sequence: [1])));
        Assert.Equal(SignatureVerdict.Missing, MessageSignature.Verify(With(sequence: [0, 0, 0, 0, 0, 0, 0, 0, 1])));
        Assert.Equal(SignatureVerdict.Missing, MessageSignature.Verify(With(from: [0x12, 0x20, .. new byte[32]])));      // a hash alone, and no key beside it
    }

    [Fact]
    public void AnAuthorWhoseIdIsAHash_IsCheckedByTheKeyInTheMessage()
    {
        using RSA rsa = RSA.Create(2048);
        using ECDsa ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] info = rsa.ExportSubjectPublicKeyInfo(), ecInfo = ec.ExportSubjectPublicKeyInfo();
        byte[] rsaKey = [0x08, 0x00, 0x12, (byte)(info.Length & 0x7f | 0x80), (byte)(info.Length >> 7), .. info], ecKey = [0x08, 0x03, 0x12, (byte)ecInfo.Length, .. ecInfo];
        byte[] from = PeerId.OfKey(rsaKey).Bytes.ToArray();
        byte[] signed = MessageSignature.InputOf(With(from: from).Signed.Span);
        byte[] signature = rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        Assert.Equal(SignatureVerdict.Good, MessageSignature.Verify(With(from: from, signature: signature, key: rsaKey)));
        Assert.Equal(SignatureVerdict.Wrong, MessageSignature.Verify(With(from: from, signature: signature, key: rsaKey, data: "y")));
        Assert.Equal(SignatureVerdict.Missing, MessageSignature.Verify(With(from: from, signature: signature)));
        byte[] ecSignature = ec.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Assert.Equal(SignatureVerdict.Wrong, MessageSignature.Verify(With(from: from, signature: ecSignature, key: ecKey)));      // somebody else's key
        byte[] unknown = [0x08, 0x09, 0x12, 0x30, .. new byte[48]];
        Assert.Equal(SignatureVerdict.Unverifiable, MessageSignature.Verify(With(from: [.. PeerId.OfKey(unknown).Bytes], signature: signature, key: unknown)));
    }

    [Fact]
    public void AnotherBit_AnotherAuthor_AnotherLength_AreWrong()
    {
        Assert.Equal(SignatureVerdict.Wrong, MessageSignature.Verify(With(from: [.. Peers.Identity(1).PeerId.Bytes], signature: With().Signature!.Value.ToArray())));
        Assert.Equal(SignatureVerdict.Wrong, MessageSignature.Verify(With(data: "y", signature: With().Signature!.Value.ToArray())));
        Assert.Equal(SignatureVerdict.Wrong, MessageSignature.Verify(With(topic: "u", signature: With().Signature!.Value.ToArray())));
        Assert.Equal(SignatureVerdict.Wrong, MessageSignature.Verify(With(signature: With().Signature!.Value.ToArray()[..63])));
        byte[] encoded = With().Encoded.ToArray();
        int start = encoded.Length - 64;
        for (int at = start; at < encoded.Length; at++)
        {
            byte[] changed = [.. encoded];
            changed[at] ^= 0x10;
            Assert.Equal(SignatureVerdict.Wrong, MessageSignature.Verify(RpcCodec.DecodeMessage(changed)));
        }
    }

    [Fact]
    public void SignatureAndKey_AreLeftOut_WhereverTheyStand()
    {
        byte[] signature = With().Signature!.Value.ToArray();
        byte[] key = [.. Author.PeerId.Bytes[2..]];
        byte[] signed = With().Signed.ToArray();
        byte[] first = new ProtobufWriter().Bytes(5, signature).ToArray(), second = new ProtobufWriter().Bytes(6, key).ToArray();
        Assert.Equal(SignatureVerdict.Good, MessageSignature.Verify(RpcCodec.DecodeMessage([.. first, .. signed, .. second])));
        Assert.Equal(SignatureVerdict.Good, MessageSignature.Verify(RpcCodec.DecodeMessage([.. second, .. first, .. signed])));
        Assert.Equal(SignatureVerdict.Good, MessageSignature.Verify(RpcCodec.DecodeMessage([.. signed, .. second, .. first])));
    }
}
