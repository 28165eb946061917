using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.Identify;
using Aria.Libp2p.Multistream;
using Aria.Libp2p.Noise;
using Aria.Libp2p.Yamux;

namespace Aria.Libp2p.Tests.Encodings;

/// <summary>
/// Every decoder of bytes that strangers send, fed random bytes and changed vectors: a refusal or a value, never another exception, never much memory. 10^5 inputs each; as many as
/// <c>ARIA_FUZZ_INPUTS</c> says where it is set, with the counts in <c>benchmarks/results/libp2p-fuzz.md</c>.
/// </summary>
public sealed class AnyBytesTests
{
    private static readonly string? AskedInputs = Environment.GetEnvironmentVariable("ARIA_FUZZ_INPUTS");
    private static readonly int Inputs = AskedInputs is null ? 100_000 : int.Parse(AskedInputs, CultureInfo.InvariantCulture);
    private static readonly Lock Keeping = new();
    private const long MaxAllocatedPerInput = 16 * 1024;

    private static readonly byte[] NoiseVector = Vectors.Hex("noisePayload", "payloadWithMuxers");
    private static readonly byte[] EnvelopeVector = Vectors.Hex("peerRecord", "envelope");
    private static readonly byte[][] AddressVectors = [.. Vectors.Section("multiaddr").EnumerateObject().Select(one => Convert.FromHexString(one.Value.GetString()!))];
    private static readonly string[] AddressTexts = [.. Vectors.Section("multiaddr").EnumerateObject().Select(one => one.Name)];
    private static readonly byte[] IdentifyVector = Convert.FromHexString(Vectors.Section("identify").GetString()!);
    private static readonly byte[] RecordVector = Vectors.Hex("peerRecord", "payload");
    private static readonly byte[][] FrameVectors = [.. Vectors.Section("yamux").EnumerateObject().Select(one => Convert.FromHexString(one.Value.GetString()!))];
    private static readonly byte[] LinesVector = [.. Vectors.Hex("multistream", "hello"), .. Vectors.Hex("multistream", "noise"), .. Vectors.Hex("multistream", "na")];
    private static readonly byte[][] KeyVectors = [.. Vectors.Section("keys").EnumerateArray().Select(one => Convert.FromHexString(one.GetProperty("public").GetString()!))];
    private static readonly byte[] IdVector = Vectors.Hex("identity", "peerIdBytes");

    [Fact]
    public void NoisePayload_ThrowsOneTypeAlone() => Feed("Noise payload", NoiseVector, bytes =>
    {
        try
        {
            NoisePayload.Open(bytes, Vectors.Hex("noisePayload", "staticPublicKey"));
            return true;
        }
        catch (ProtocolViolationException)
        {
            return false;   // the one type
        }
    });

    [Fact]
    public void Envelope_OpensOrNot() => Feed("signed envelope", EnvelopeVector, bytes => SignedEnvelope.TryOpen(bytes, PeerRecord.Domain, out _));

    [Fact]
    public void PeerRecord_OpensOrNot() => Feed("signed peer record", EnvelopeVector, bytes => PeerRecord.TryOpen(bytes, out _));

    [Fact]
    public void IdentifyMessage_WhatIsRead_IsWrittenAndReadAgain() => Feed("identify message", IdentifyVector, bytes =>
    {
        if (!IdentifyMessage.TryDecode(bytes, out IdentifyMessage message))
        {
            return false;
        }

        Assert.True(IdentifyMessage.TryDecode(message.Encode(), out IdentifyMessage again));
        Assert.Equal(message.Protocols, again.Protocols);
        Assert.Equal(message.ListenAddresses, again.ListenAddresses);
        return true;
    });

    [Fact]
    public void FrameHeader_WhatIsRead_IsWrittenTheSame()
    {
        Random random = Testing.TestSeed.Random();
        Feed("yamux header", () => Testing.ChangedBytes.Of(random, FrameVectors[random.Next(FrameVectors.Length)]), bytes =>
        {
            OperationStatus status = FrameHeader.TryRead(bytes, out FrameHeader header);
            Assert.Equal(bytes.Length < FrameHeader.Bytes, status == OperationStatus.NeedMoreData);
            if (status != OperationStatus.Done)
            {
                return false;
            }

            byte[] written = new byte[FrameHeader.Bytes];
            header.Write(written);
            Assert.Equal(bytes[..FrameHeader.Bytes], written);
            return true;
        });
    }

    [Fact]
    public void MultistreamLines_GiveTheSameLines_WholeAndByteByByte() => Feed("multistream lines", LinesVector, bytes =>
    {
        string? whole = Read(bytes, bytes.Length), single = Read(bytes, 1);
        Assert.Equal(whole, single);
        return whole is not null;

        static string? Read(byte[] bytes, int piece)
        {
            MultistreamLines lines = new();
            StringBuilder read = new();
            try
            {
                for (int at = 0; at < bytes.Length;)
                {
                    if (lines.TryTake(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)), out int taken, out string text))
                    {
                        read.Append(text).Append('\n');
                    }

                    at += taken;
                }

                return read.ToString();
            }
            catch (ProtocolViolationException)
            {
                return null;
            }
        }
    });

    [Fact]
    public void Uvarint_WhatIsRead_IsWrittenTheSame() => Feed("uvarint", [0xff, 0xff, 0xff, 0xff, 0x7f], bytes =>
    {
        if (Uvarint.TryRead(bytes, out ulong value, out int consumed) != OperationStatus.Done)
        {
            return false;
        }

        byte[] written = new byte[Uvarint.MaxBytes];
        Assert.Equal(bytes[..consumed], written[..Uvarint.Write(written, value)]);
        return true;
    });

    [Fact]
    public void BinaryAddress_WhatIsRead_IsReadAgainFromItsTextAndBytes()
    {
        Random random = Testing.TestSeed.Random();
        Feed("multiaddr in bytes", () => Testing.ChangedBytes.Of(random, AddressVectors[random.Next(AddressVectors.Length)]), bytes =>
        {
            if (!Multiaddress.TryParse(bytes, out Multiaddress? address))
            {
                return false;
            }

            Assert.True(Multiaddress.TryParse(address.Bytes, out Multiaddress? again));
            Assert.Equal(address, again);
            Assert.Equal(address, Multiaddress.Parse(address.ToString()));
            return true;
        });
    }

    [Fact]
    public void TextAddress_WhatIsRead_IsPrintedTheSameFromItsBytes()
    {
        Random random = Testing.TestSeed.Random();
        Feed("multiaddr in text", () => Testing.ChangedBytes.Of(random, Encoding.Latin1.GetBytes(AddressTexts[random.Next(AddressTexts.Length)])), bytes =>
        {
            if (!Multiaddress.TryParse(Encoding.Latin1.GetString(bytes), out Multiaddress? address))
            {
                return false;
            }

            Assert.True(Multiaddress.TryParse(address.Bytes, out Multiaddress? again));
            Assert.Equal(address.ToString(), again.ToString());
            return true;
        });
    }

    [Fact]
    public void PeerIds_InBytesAndText() => Feed("peer id", IdVector, bytes =>
    {
        PeerId.TryParse(Encoding.Latin1.GetString(bytes), out _);
        if (!PeerId.TryFromBytes(bytes, out PeerId? id))
        {
            return false;
        }

        Assert.Equal(id, PeerId.Parse(id.ToString()));
        Assert.Equal(id, PeerId.Parse(id.ToCidBase32()));
        Assert.Equal(id, PeerId.Parse(id.ToCidBase36()));
        return true;
    });

    [Fact]
    public void Keys_OfEveryKind()
    {
        Random random = Testing.TestSeed.Random();
        Feed("public key", () => Testing.ChangedBytes.Of(random, KeyVectors[random.Next(KeyVectors.Length)]), bytes =>
        {
            if (Identity.TryReadPrivateKey(bytes, out Identity? identity))
            {
                identity.Dispose();
            }

            return PeerKey.TryRead(bytes, out PeerKey? key) && key.Protobuf.SequenceEqual(bytes);
        });
    }

    [Fact]
    public void Multihash_WhatIsRead_IsWrittenTheSame() => Feed("multihash", IdVector, bytes =>
    {
        if (!Multihash.TryRead(bytes, out ulong code, out ReadOnlySpan<byte> digest))
        {
            return false;
        }

        Assert.Equal(bytes, Multihash.Of(code, digest));
        return true;
    });

    [Fact]
    public void Protobuf_IsWalkedToItsEnd() => Feed("protobuf fields", NoiseVector, bytes =>
    {
        ProtobufReader reader = new(bytes);
        int fields = 0;
        while (reader.TryRead(out ProtobufField field))
        {
            Assert.True(field.Number > 0 && (field.IsBytes || field.Bytes.IsEmpty));
            fields++;
        }

        Assert.True(fields <= bytes.Length);
        return !reader.IsMalformed;
    });

    internal static void Feed(string name, byte[] vector, Func<byte[], bool> decode)
    {
        Random random = Testing.TestSeed.Random();
        Feed(name, () => Testing.ChangedBytes.Of(random, vector), decode);
    }

    private static void Feed(string name, Func<byte[]> next, Func<byte[], bool> decode)
    {
        long before = GC.GetAllocatedBytesForCurrentThread(), accepted = 0;
        long begun = Stopwatch.GetTimestamp();
        for (int i = 0; i < Inputs; i++)
        {
            accepted += decode(next()) ? 1 : 0;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < Inputs * MaxAllocatedPerInput);
        Assert.InRange(accepted, 1, Inputs - 1);
        if (AskedInputs is not null)
        {
            Keep(string.Create(CultureInfo.InvariantCulture, $"| {name} | {Inputs} | {accepted} | {Inputs - accepted} | {allocated / Inputs} | {Stopwatch.GetElapsedTime(begun).TotalSeconds:0} |"));
        }
    }

    private static void Keep(string line)
    {
        string path = Path.Combine(Testing.Fixtures.RepositoryRoot, "benchmarks", "results", "libp2p-fuzz.md");
        lock (Keeping)
        {
            if (!File.Exists(path))
            {
                File.WriteAllText(path, "# libp2p: decoders fed random bytes and changed vectors\n\n`AnyBytesTests` with ARIA_FUZZ_INPUTS: each input was refused or gave a value, by one exception type or none.\n\n"
                    + "| decoder | inputs | accepted | refused | bytes allocated per input, its making included | seconds |\n|---|---|---|---|---|---|\n");
            }

            File.AppendAllText(path, line + "\n");
        }
    }
}
