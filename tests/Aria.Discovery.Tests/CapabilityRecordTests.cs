using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Aria.Libp2p;
using Aria.Libp2p.Encodings;
using Aria.Testing;

namespace Aria.Discovery.Tests;

public sealed class CapabilityRecordTests
{
    private static readonly JsonElement[] Records = [.. DiscoveryVectors.Root.GetProperty("records").EnumerateArray()];
    private static readonly JsonElement[] Cases = [.. DiscoveryVectors.Root.GetProperty("cases").EnumerateArray()];

    public static TheoryData<string> RecordNames => [.. Records.Select(record => record.Text("name"))];

    public static TheoryData<string> CaseNames => [.. Cases.Select(one => one.Text("name"))];

    private static byte[] Key => DiscoveryVectors.Root.Hex("key");

    private static DateTimeOffset At(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs);

    private static CapabilityRecord Sample() => DiscoveryVectors.Record(Records.Single(record => record.Text("name") == "everything"));

    [Theory]
    [MemberData(nameof(RecordNames))]
    public void Vector_IsSealedToTheByte(string name)
    {
        JsonElement vector = Records.Single(record => record.Text("name") == name);
        using Identity identity = DiscoveryVectors.Identity();
        CapabilityRecord record = DiscoveryVectors.Record(vector);
        Assert.Equal(vector.Text("payload"), Convert.ToHexStringLower(CapabilityCodec.Encode(record)));
        Assert.Equal(vector.Text("envelope"), Convert.ToHexStringLower(record.Seal(identity)));
    }

    [Theory]
    [MemberData(nameof(RecordNames))]
    public void Vector_Opens(string name)
    {
        JsonElement vector = Records.Single(record => record.Text("name") == name);
        CapabilityRecord expected = DiscoveryVectors.Record(vector);
        Assert.Equal(CapabilityStatus.Done, CapabilityRecord.TryOpen(Key, vector.Hex("envelope"), At(expected.ExpiresUnixMs - 1), out CapabilityRecord? record));
        Assert.Equal(expected, record);
        Assert.Equal(DiscoveryVectors.Root.Text("peerId"), record!.Node.PeerIdOf().ToString());
        Assert.Equal(Key, CapabilityRecord.KeyOf(record.Node.PeerIdOf()));
        Assert.Equal(record.Node, record.Node.PeerIdOf().NodeIdOf());
    }

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Vector_IsJudged(string name)
    {
        JsonElement vector = Cases.Single(one => one.Text("name") == name);
        CapabilityStatus expected = Enum.Parse<CapabilityStatus>(vector.Text("status"));
        byte[] key = vector.Hex("key");
        byte[] envelope = vector.Hex("envelope");
        DateTimeOffset now = At(vector.GetProperty("nowUnixMs").GetInt64());
        Assert.Equal(expected, CapabilityRecord.TryOpen(key, envelope, now, out CapabilityRecord? record));
        Assert.Equal(expected == CapabilityStatus.Done, record is not null);
        Assert.Equal(expected == CapabilityStatus.Done, new CapabilityValidator().Validate(key, envelope, now));
    }

    [Fact]
    public void EveryStatus_HasAVector() =>
        Assert.Equal(Enum.GetNames<CapabilityStatus>().Order(StringComparer.Ordinal), Cases.Select(one => one.Text("status")).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void TheGreatestSequence_IsBest_InWhateverOrder()
    {
        JsonElement order = DiscoveryVectors.Root.GetProperty("order");
        ReadOnlyMemory<byte>[] values = [.. order.GetProperty("values").EnumerateArray().Select(value => new ReadOnlyMemory<byte>(Convert.FromHexString(value.GetString()!)))];
        ReadOnlyMemory<byte> best = values[order.Int("best")];
        Random random = TestSeed.Random();
        for (int i = 0; i < 50; i++)
        {
            random.Shuffle(values);
            Assert.Equal(best, values[new CapabilityValidator().SelectBest(Key, values)]);
        }
    }

    [Fact]
    public void ProviderKeys_AreMultihashesOfModelIds() => Assert.All(
        DiscoveryVectors.Root.GetProperty("providerKeys").EnumerateArray(),
        vector => Assert.Equal(vector.Hex("key"), CapabilityRecord.ProviderKeyOf(new(vector.DigestOf("model")))));

    [Fact]
    public void ARecordBeyondItsBounds_CannotBeSealed()
    {
        using Identity identity = DiscoveryVectors.Identity();
        using Identity other = Identity.Generate();
        CapabilityRecord record = Sample();
        Assert.NotEmpty(record.Seal(identity));
        Assert.Throws<ArgumentException>(() => record.Seal(other));
        Assert.Throws<ArgumentException>(() => (record with { Network = "" }).Seal(identity));
        Assert.Throws<ArgumentException>(() => (record with { Network = new('n', 65) }).Seal(identity));
        Assert.Throws<ArgumentException>(() => (record with { Addresses = [.. Enumerable.Repeat(record.Addresses[0], 17)] }).Seal(identity));
        Assert.Throws<ArgumentException>(() => (record with { Served = [.. Enumerable.Repeat(record.Served[0], 33)] }).Seal(identity));
        Assert.Throws<ArgumentException>(() => (record with { Served = [record.Served[0] with { KvPositions = -1 }] }).Seal(identity));
    }

    [Fact]
    public void TheLargestRecord_FitsAnEnvelope()
    {
        using Identity identity = DiscoveryVectors.Identity();
        CapabilityRecord record = Sample();
        ServedModel served = record.Served[1] with { Name = new('n', 64), NumericSpec = new('s', 64), Layers = 4096, Span = new(true, LayerRange.Of(300, 4096), true) };
        Multiaddress address = Multiaddress.Parse("/dns4/" + new string('a', 60) + ".example.org/tcp/65535");
        record = record with { Network = new('w', 64), Addresses = [.. Enumerable.Repeat(address, 16)], Served = [.. Enumerable.Repeat(served, 32)] };
        Assert.InRange(record.Seal(identity).Length, 7000, CapabilityRecord.MaxBytes);
    }

    [Fact]
    public void EveryFlippedBit_IsRefused()
    {
        byte[] envelope = Records[0].Hex("envelope");
        DateTimeOffset now = At(DiscoveryVectors.Record(Records[0]).ExpiresUnixMs - 1000);
        for (int at = 0; at < envelope.Length; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] changed = [.. envelope];
                changed[at] ^= (byte)(1 << bit);
                Assert.NotEqual(CapabilityStatus.Done, CapabilityRecord.TryOpen(Key, changed, now, out _));
            }

            Assert.NotEqual(CapabilityStatus.Done, CapabilityRecord.TryOpen(Key, envelope.AsSpan(0, at), now, out _));
        }
    }

    [Fact]
    public void ARecordSignedByAnotherKindOfKey_HasABadSignature()
    {
        using RSA rsa = RSA.Create(2048);
        byte[] info = rsa.ExportSubjectPublicKeyInfo(), key = [0x08, 0x00, 0x12, (byte)(info.Length & 0x7f | 0x80), (byte)(info.Length >> 7), .. info];
        byte[] payload = Records[0].Hex("payload"), domain = "aria-capability"u8.ToArray(), type = "/aria/capability/1"u8.ToArray(), length = new byte[Uvarint.LengthOf((ulong)payload.Length)];
        Uvarint.Write(length, (ulong)payload.Length);
        byte[] signature = rsa.SignData([(byte)domain.Length, .. domain, (byte)type.Length, .. type, .. length, .. payload], HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        byte[] envelope = new ProtobufWriter().Bytes(1, key).Bytes(2, type).Bytes(3, payload).Bytes(5, signature).ToArray();
        Assert.True(SignedEnvelope.TryOpen(envelope, "aria-capability", out _));
        Assert.Equal(CapabilityStatus.BadSignature, CapabilityRecord.TryOpen(Key, envelope, At(DiscoveryVectors.Record(Records[0]).ExpiresUnixMs - 1000), out _));
    }

    [Fact]
    public void APayload_ReadsAsWhatWritesTheSameBytes_OrNotAtAll()
    {
        Random random = TestSeed.Random();
        byte[][] seeds = [.. Records.Select(record => record.Hex("payload"))];
        int read = 0;
        for (int i = 0; i < 100_000; i++)
        {
            byte[] bytes = [.. seeds[random.Next(seeds.Length)]];
            for (int changes = random.Next(0, 4); changes > 0 && bytes.Length > 0; changes--)
            {
                int at = random.Next(bytes.Length);
                bytes = random.Next(4) switch
                {
                    0 => [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]],
                    1 => [.. bytes[..at], .. bytes[(at + 1)..]],
                    _ => [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]],
                };
            }

            if (CapabilityCodec.TryDecode(bytes, out CapabilityRecord? record) == CapabilityStatus.Done)
            {
                read++;
                byte[] again = CapabilityCodec.Encode(record!);
                Assert.True(again.AsSpan().SequenceEqual(bytes) || again.Length < bytes.Length, "only an address left out makes it another");
            }
        }

        Assert.InRange(read, 20_000, 99_000);
    }

    [Fact]
    public void ANodeWithoutEd25519Key_HasNoNodeId()
    {
        PeerId hashed = PeerId.Parse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N");
        Assert.False(hashed.TryNodeIdOf(out _));
        Assert.Throws<ArgumentException>(() => hashed.NodeIdOf());
        Assert.Equal(CapabilityStatus.BadKey, CapabilityRecord.TryOpen(Encoding.ASCII.GetBytes($"/aria/node/{hashed}"), default, At(0), out _));
    }
}
