using System.Numerics;
using System.Text.Json;
using Aria.Libp2p.KadDht.Regions;
using Aria.Libp2p.KadDht.Routing;
using Aria.Testing;

namespace Aria.Libp2p.KadDht.Tests.Regions;

/// <summary>The known answers in specs/vectors/dht/regions.json: held against the code, and against the specification's formulas in whole numbers.</summary>
public sealed class RegionVectorTests
{
    private const int K = 20;
    private const double Tolerance = 1e-9;
    private static readonly BigInteger Space = BigInteger.One << 256;

    private static readonly JsonElement Root = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "dht", "regions.json"))).RootElement;

    private static readonly PeerId[] Peers = [.. Enumerable.Range(0, Root.GetProperty("peers").GetProperty("numbers")[1].GetInt32() + 1).Select(Samples.Peer)];     // the first is not used

    public static TheoryData<int> Lookups => [.. Enumerable.Range(0, Root.GetProperty("lookups").GetArrayLength())];

    public static TheoryData<int> Regions => [.. Enumerable.Range(0, Root.GetProperty("regions").GetArrayLength())];

    public static TheoryData<int> Early => [.. Enumerable.Range(0, Root.GetProperty("early").GetArrayLength())];

    private static int[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetInt32())];

    private static int[] ByDistance(KadKey target) => [.. Enumerable.Range(1, Peers.Length - 1).OrderBy(number => KadKey.Of(Peers[number]), Comparer<KadKey>.Create(target.CompareDistance))];

    private static BigInteger Point(ReadOnlySpan<byte> bytes) => new(System.Security.Cryptography.SHA256.HashData(bytes), isUnsigned: true, isBigEndian: true);

    // The distance from a key to a peer as a whole number of 256 bits.
    private static BigInteger Distance(byte[] key, int peer) => Point(key) ^ Point(Peers[peer].Bytes);

    private static int SharedBits(byte[] key, byte[] other) => 256 - (int)(Point(key) ^ Point(other)).GetBitLength();

    private static byte[] LookupKey(int number) => Samples.Multihash($"key {number}");

    private static void Look(NetworkSizeEstimate estimate, byte[] key)
    {
        KadKey target = KadKey.Of(key);
        estimate.Add(target, [.. ByDistance(target).Take(K).Select(number => KadKey.Of(Peers[number]))]);
    }

    [Fact]
    public void Peers_AreMadeByTheirNumbers() => Assert.Equal(Root.GetProperty("peers").Hex("second"), Peers[2].Bytes.ToArray());

    [Theory]
    [MemberData(nameof(Lookups))]
    public void Vectors_OfOneLookupsFigure(int index)
    {
        JsonElement vector = Root.GetProperty("lookups")[index];
        byte[] key = vector.Hex("key");
        int[] closest = Numbers(vector.GetProperty("closest"));
        Assert.Equal(LookupKey(index + 1), key);
        Assert.Equal(ByDistance(KadKey.Of(key)).Take(K), closest);
        NetworkSizeEstimate estimate = new(K);
        for (int i = 0; i < 4; i++)
        {
            Look(estimate, key);
        }

        double size = vector.GetProperty("size").GetDouble();
        Assert.Equal(1, estimate.Value!.Value / size, Tolerance);

        // Σi² / Σi·dᵢ − 1, with distances as whole numbers of 2⁻²⁵⁶.
        BigInteger squares = 0, products = 0;
        for (int i = 1; i <= K; i++)
        {
            (squares, products) = (squares + (i * i), products + (i * Distance(key, closest[i - 1])));
        }

        BigInteger millionths = ((squares * Space * 1_000_000) / products) - 1_000_000;
        Assert.Equal(1, (double)millionths / 1e6 / size, Tolerance);
    }

    [Fact]
    public void Vectors_OfTheEstimate()
    {
        foreach (JsonElement vector in Root.GetProperty("sizes").EnumerateArray())
        {
            NetworkSizeEstimate estimate = new(K);
            for (int number = 1; number <= vector.GetProperty("lookups").GetInt32(); number++)
            {
                Look(estimate, LookupKey(number));
            }

            if (vector.GetProperty("size") is { ValueKind: JsonValueKind.Number } size)
            {
                Assert.Equal(1, estimate.Value!.Value / size.GetDouble(), Tolerance);
            }
            else
            {
                Assert.Null(estimate.Value);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Regions))]
    public void Vectors_OfRegions(int index)
    {
        JsonElement vector = Root.GetProperty("regions")[index];
        byte[] key = vector.Hex("key");
        double size = vector.GetProperty("size").GetDouble();
        KeyRegion? region = KeyRegion.Around(KadKey.Of(key), size, K);
        if (vector.GetProperty("region") is not { ValueKind: JsonValueKind.Object } expected)
        {
            Assert.Null(region);
            return;
        }

        int[] inside = Numbers(expected.GetProperty("peers"));
        Assert.Equal(inside, ByDistance(KadKey.Of(key)).Where(number => region!.Value.Contains(KadKey.Of(Peers[number]))));

        // d ≤ k / 2N, with N in whole tenths.
        Assert.Equal(inside.Order(), Enumerable.Range(1, Peers.Length - 1).Where(number => Distance(key, number) * 2 * (BigInteger)(size * 10) <= K * 10 * Space));

        int bits = expected.GetProperty("bits").GetInt32();
        byte[][] parts = [.. expected.GetProperty("parts").EnumerateArray().Select(part => Convert.FromHexString(part.GetString()!))];
        Assert.Equal([bits, bits + 1, bits + 2, bits + 3], parts.Select(part => SharedBits(key, part)));
        Assert.Equal(parts.Select(part => SharedBits(key, part)), region!.Value.Sweep(TestSeed.Random().NextBytes).Select(part => SharedBits(key, part)));
        Assert.All(inside, number => Assert.True(SharedBits(key, Peers[number].Bytes.ToArray()) >= bits));
        Assert.Equal(1, expected.GetProperty("radius").GetDouble() * 2 * size / K, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Early))]
    public void Vectors_OfEarlyAnnouncements(int index)
    {
        JsonElement vector = Root.GetProperty("early")[index];
        KadKey key = KadKey.Of(vector.Hex("key"));
        LikelyHolders likely = new(key, vector.GetProperty("size").GetDouble(), K);
        int[] nearest = ByDistance(key);
        Assert.Equal(Numbers(vector.GetProperty("surely")), nearest.Where(number => likely.Contains(KadKey.Of(Peers[number]))));
        Assert.Equal(vector.GetProperty("together").GetBoolean(), likely.AreAll([.. nearest.Take(K).Select(number => KadKey.Of(Peers[number]))]));
    }
}
