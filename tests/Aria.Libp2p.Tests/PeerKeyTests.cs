using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Aria.Libp2p.Connections;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.Identify;
using Aria.Libp2p.Noise;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.Tests;

public sealed class PeerKeyTests
{
    private static readonly byte[] Message = Encoding.UTF8.GetBytes(Vectors.Text("identity", "signMessage"));
    private static readonly byte[] Ed25519 = Vectors.Hex("identity", "publicKeyProtobuf");

    [Fact]
    public void EveryVector_IsReadAndGivesItsPeerId_AndItsSignatureVerifies()
    {
        int signatures = 0;
        foreach (JsonElement vector in Vectors.Section("keys").EnumerateArray())
        {
            byte[] spelled = Hex(vector, "public");
            string kind = vector.GetProperty("kind").GetString()!;
            Assert.True(PeerKey.TryRead(spelled, out PeerKey? key), kind);
            Assert.Equal(kind, key.Type.ToString(), ignoreCase: true);
            Assert.Equal(spelled, key.Protobuf.ToArray());
            Assert.Equal(vector.GetProperty("peerId").GetString(), key.Id.ToString());
            Assert.Equal(key.Id, PeerId.Parse(key.Id.ToCidBase32()));
            Assert.Equal(spelled.Length <= 42, key.Id.TryGetKey(out PeerKey? inlined) && inlined.Equals(key));
            if (!vector.TryGetProperty("signature", out JsonElement signed))
            {
                continue;
            }

            signatures++;
            byte[] signature = Convert.FromHexString(signed.GetString()!);
            Assert.True(key.Verify(Message, signature), kind);
            Assert.False(key.Verify(Message.AsSpan(1), signature));
            Assert.False(key.Verify(Message, []));
            Assert.False(key.Verify(Message, signature.AsSpan(1)));
            Assert.False(key.Verify(Message, [.. signature, 0]));
            for (int at = 0; at < signature.Length; at += 5)
            {
                byte[] changed = [.. signature];
                changed[at] ^= 0x10;
                Assert.False(key.Verify(Message, changed), $"{kind} {at}");
            }
        }

        Assert.Equal(6, signatures);
    }

    [Fact]
    public void EveryPrivateKey_GivesItsPublicOne_WhichVerifiesWhatItSigns()
    {
        foreach (OtherKey key in OtherKey.All)
        {
            Assert.Equal(key.Protobuf, key.DerivedProtobuf());
            Assert.True(PeerKey.TryRead(key.Protobuf, out PeerKey? read));
            Assert.True(read.Verify(Message, key.Sign(Message)));
        }
    }

    [Fact]
    public void PrivateKeysOfEd25519_AreReadInBothForms_AndNoOthers()
    {
        byte[] spelled = Vectors.Hex("identity", "privateKeyProtobuf"), seedAndKey = spelled[4..], key = spelled[^32..];
        Assert.True(Identity.TryReadPrivateKey(spelled, out Identity? identity));
        Assert.Equal(Vectors.Text("identity", "peerId"), identity.PeerId.ToString());
        identity.Dispose();
        byte[] old = [0x08, 0x01, 0x12, 96, .. seedAndKey, .. key];
        Assert.True(Identity.TryReadPrivateKey(old, out identity));
        Assert.Equal(key, identity.PublicKey.ToArray());
        identity.Dispose();

        for (int at = 0; at < spelled.Length; at++)
        {
            Assert.False(Identity.TryReadPrivateKey(spelled.AsSpan(0, at), out _));
        }

        Assert.False(Identity.TryReadPrivateKey([.. spelled, 0], out _));
        Assert.False(Identity.TryReadPrivateKey([.. spelled[..^1], (byte)(spelled[^1] ^ 1)], out _));           // not the seed's
        Assert.False(Identity.TryReadPrivateKey([.. old[..^1], (byte)(old[^1] ^ 1)], out _));                   // the second one differs
        Assert.False(Identity.TryReadPrivateKey([.. spelled[..^32], .. new byte[32]], out _));
        Assert.False(Identity.TryReadPrivateKey([0x08, 0x01, 0x12, 32, .. seedAndKey[..32]], out _));
        Assert.All(OtherKey.All, other => Assert.False(Identity.TryReadPrivateKey([0x08, 0x02, 0x12, 64, .. seedAndKey], out _)));
    }

    [Fact]
    public void OtherSpellings_AreNoKeys()
    {
        byte[] key = Ed25519[4..];
        Assert.True(PeerKey.TryRead(Ed25519, out _));
        Refused([]);
        Refused([0x12, 0x20, .. key, 0x08, 0x01]);              // the other order
        Refused([0x12, 0x20, .. key]);                          // no type
        Refused([0x08, 0x01]);                                  // no data
        Refused([.. Ed25519, 0x18, 0x01]);                      // a field more
        Refused([.. Ed25519, .. Ed25519]);
        Refused([0x08, 0x01, 0x12, 0xa0, 0x00, .. key]);        // a length that is longer than it need be
        Refused([0x08, 0x81, 0x00, 0x12, 0x20, .. key]);
        Refused([0x08, 0x04, 0x12, 0x20, .. key]);              // no kind of key
        Refused([0x08, 0x01, 0x12, 0x1f, .. key[..31]]);
        Refused([0x08, 0x01, 0x12, 0x21, .. key, 0]);
        foreach (OtherKey other in OtherKey.All)
        {
            for (int at = 0; at < other.Protobuf.Length; at += 3)
            {
                Refused(other.Protobuf[..at]);
            }

            Refused([.. other.Protobuf, 0]);
        }
    }

    [Fact]
    public void KeysThatAreTooWeak_TooCostly_OnOtherCurvesOrOffThem_AreRefused()
    {
        using RSA weak = RSA.Create(1024);
        Refused(Spelled(KeyType.Rsa, weak.ExportSubjectPublicKeyInfo()));
        using RSA strong = RSA.Create(2048);
        Assert.True(PeerKey.TryRead(Spelled(KeyType.Rsa, strong.ExportSubjectPublicKeyInfo()), out _));
        RSAParameters costly = strong.ExportParameters(includePrivateParameters: false);
        costly.Exponent = [.. costly.Modulus![..^1], 1];        // verifying with it costs as much as signing
        strong.ImportParameters(costly);
        Refused(Spelled(KeyType.Rsa, strong.ExportSubjectPublicKeyInfo()));

        using ECDsa p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256), p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384), koblitz = ECDsa.Create(ECCurve.CreateFromValue("1.3.132.0.10"));
        Assert.True(PeerKey.TryRead(Spelled(KeyType.Ecdsa, p384.ExportSubjectPublicKeyInfo()), out PeerKey? key));
        Assert.True(key.Verify(Message, p384.SignData(Message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
        Refused(Spelled(KeyType.Ecdsa, koblitz.ExportSubjectPublicKeyInfo()));
        byte[] off = p256.ExportSubjectPublicKeyInfo();
        off[^1] ^= 1;
        Refused(Spelled(KeyType.Ecdsa, off));
        Refused(Spelled(KeyType.Rsa, p256.ExportSubjectPublicKeyInfo()));
        Refused(Spelled(KeyType.Ecdsa, new byte[91]));

        byte[] point = [.. OtherKey.All.First(one => one.Kind == "secp256k1").Protobuf[4..]];
        Assert.True(PeerKey.TryRead(Spelled(KeyType.Secp256k1, point), out _));
        Refused(Spelled(KeyType.Secp256k1, [4, .. point[1..]]));
        Refused(Spelled(KeyType.Secp256k1, [2, .. Enumerable.Repeat((byte)0xff, 32)]));     // x beyond the field
        Refused(Spelled(KeyType.Secp256k1, [2, .. new byte[31], 5]));                       // 132 is no square there
        ECPoint whole = koblitz.ExportParameters(includePrivateParameters: false).Q;
        Refused(Spelled(KeyType.Secp256k1, [4, .. whole.X!, .. whole.Y!]));                 // another spelling of a point
    }

    [Fact]
    public void EnvelopesAndHandshakes_AreThoseOfWhateverKeySigned()
    {
        byte[] staticKey = Vectors.Hex("noisePayload", "staticPublicKey"), domain = "d"u8.ToArray(), type = [3, 1], payload = [1, 2, 3];
        foreach (OtherKey key in OtherKey.All)
        {
            byte[] input = [(byte)domain.Length, .. domain, (byte)type.Length, .. type, (byte)payload.Length, .. payload];
            byte[] envelope = new ProtobufWriter().Bytes(1, key.Protobuf).Bytes(2, type).Bytes(3, payload).Bytes(5, key.Sign(input)).ToArray();
            Assert.True(SignedEnvelope.TryOpen(envelope, "d", out SignedEnvelope? opened), key.Kind);
            Assert.Equal(key.PeerId, opened.Signer);
            Assert.False(SignedEnvelope.TryOpen(envelope, "e", out _));

            byte[] signature = key.Sign([.. "noise-libp2p-static-key:"u8, .. staticKey]);
            byte[] handshake = new ProtobufWriter().Bytes(1, key.Protobuf).Bytes(2, signature).ToArray();
            Assert.Equal(key.PeerId, NoisePayload.Open(handshake, staticKey).Peer);
            Assert.Throws<ProtocolViolationException>(() => NoisePayload.Open(handshake, new byte[32]));
        }
    }

    [Fact]
    public void Identify_TakesTheKeyThatTheConnectionProved_OfWhateverKind()
    {
        using Identity own = Vectors.Identity();
        IdentifyProtocol identify = new(own, new(), new ProtocolTable(), () => ImmutableArray<Multiaddress>.Empty, new FakeTimeProvider());
        OtherKey[] keys = [.. OtherKey.All];
        foreach (OtherKey key in keys)
        {
            Assert.Equal(key.PeerId, identify.Learn(key.PeerId, new() { PublicKey = key.Protobuf }).Id);
            Assert.Throws<ProtocolViolationException>(() => identify.Learn(key.PeerId, new() { PublicKey = keys.First(one => one != key).Protobuf }));
        }
    }

    private static byte[] Spelled(KeyType type, byte[] data)
    {
        byte[] length = new byte[Uvarint.LengthOf((ulong)data.Length)];
        Uvarint.Write(length, (ulong)data.Length);
        return [0x08, (byte)type, 0x12, .. length, .. data];
    }

    private static void Refused(byte[] spelled) => Assert.False(PeerKey.TryRead(spelled, out _), Convert.ToHexString(spelled));

    private static byte[] Hex(JsonElement vector, string name) => Convert.FromHexString(vector.GetProperty(name).GetString()!);
}
