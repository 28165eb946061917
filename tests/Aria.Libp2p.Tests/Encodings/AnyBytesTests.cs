using System.Text;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.Noise;

namespace Aria.Libp2p.Tests.Encodings;

/// <summary>Every decoder of bytes that strangers send, fed random bytes and changed vectors: a refusal or a value, never another exception, never much memory.</summary>
public sealed class AnyBytesTests
{
    private const int Inputs = 100_000;
    private const long MaxAllocatedPerInput = 16 * 1024;

    private static readonly byte[] NoiseVector = Vectors.Hex("noisePayload", "payloadWithMuxers");
    private static readonly byte[] EnvelopeVector = Vectors.Hex("peerRecord", "envelope");
    private static readonly byte[][] AddressVectors = [.. Vectors.Section("multiaddr").EnumerateObject().Select(one => Convert.FromHexString(one.Value.GetString()!))];
    private static readonly string[] AddressTexts = [.. Vectors.Section("multiaddr").EnumerateObject().Select(one => one.Name)];
    private static readonly byte[] IdVector = Vectors.Hex("identity", "peerIdBytes");

    [Fact]
    public void NoisePayload_ThrowsOneTypeAlone() => Feed(NoiseVector, bytes =>
    {
        try
        {
            NoisePayload.Open(bytes, Vectors.Hex("noisePayload", "staticPublicKey"));
        }
        catch (ProtocolViolationException)
        {
            // The one type.
        }
    }, Inputs / 10);     // a signature is verified for many of them

    [Fact]
    public void Envelope_OpensOrNot() => Feed(EnvelopeVector, bytes => SignedEnvelope.TryOpen(bytes, PeerRecord.Domain, out _), Inputs / 10);

    [Fact]
    public void BinaryAddress_WhatIsRead_IsReadAgainFromItsTextAndBytes()
    {
        Random random = Testing.TestSeed.Random();
        Feed(() => Changed(random, AddressVectors[random.Next(AddressVectors.Length)]), bytes =>
        {
            if (Multiaddress.TryParse(bytes, out Multiaddress? address))
            {
                Assert.True(Multiaddress.TryParse(address.Bytes, out Multiaddress? again));
                Assert.Equal(address, again);
                Assert.Equal(address, Multiaddress.Parse(address.ToString()));
            }
        }, Inputs);
    }

    [Fact]
    public void TextAddress_WhatIsRead_IsPrintedTheSameFromItsBytes()
    {
        Random random = Testing.TestSeed.Random();
        Feed(() => Changed(random, Encoding.Latin1.GetBytes(AddressTexts[random.Next(AddressTexts.Length)])), bytes =>
        {
            if (Multiaddress.TryParse(Encoding.Latin1.GetString(bytes), out Multiaddress? address))
            {
                Assert.True(Multiaddress.TryParse(address.Bytes, out Multiaddress? again));
                Assert.Equal(address.ToString(), again.ToString());
            }
        }, Inputs);
    }

    [Fact]
    public void PeerIds_InBytesAndText()
    {
        Random random = Testing.TestSeed.Random();
        Feed(() => Changed(random, IdVector), bytes =>
        {
            if (PeerId.TryFromBytes(bytes, out PeerId? id))
            {
                Assert.Equal(id, PeerId.Parse(id.ToString()));
                Assert.Equal(id, PeerId.Parse(id.ToCidBase32()));
                Assert.Equal(id, PeerId.Parse(id.ToCidBase36()));
            }

            PeerId.TryParse(Encoding.Latin1.GetString(bytes), out _);
        }, Inputs);
    }

    [Fact]
    public void Protobuf_IsWalkedToItsEnd() => Feed(NoiseVector, bytes =>
    {
        ProtobufReader reader = new(bytes);
        int fields = 0;
        while (reader.TryRead(out ProtobufField field))
        {
            Assert.True(field.Number > 0 && (field.IsBytes || field.Bytes.IsEmpty));
            fields++;
        }

        Assert.True(fields <= bytes.Length);
    });

    internal static void Feed(byte[] vector, Action<byte[]> decode, int inputs = Inputs)
    {
        Random random = Testing.TestSeed.Random();
        Feed(() => Changed(random, vector), decode, inputs);
    }

    private static void Feed(Func<byte[]> next, Action<byte[]> decode, int inputs)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < inputs; i++)
        {
            decode(next());
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < inputs * MaxAllocatedPerInput);
    }

    // Random bytes, a cut vector, or a vector with a few bytes changed, put in or taken out.
    private static byte[] Changed(Random random, byte[] vector)
    {
        if (random.Next(4) == 0)
        {
            byte[] noise = new byte[random.Next(80)];
            random.NextBytes(noise);
            return noise;
        }

        List<byte> bytes = [.. vector];
        for (int changes = random.Next(4); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.Insert(at, (byte)random.Next(256)); break;
                case 2: bytes.RemoveAt(at); break;
                default: bytes.RemoveRange(at, bytes.Count - at); break;
            }
        }

        return [.. bytes];
    }
}
