using System.Numerics;
using System.Text.Json;
using Aria.Libp2p.KadDht.Routing;
using CsCheck;

namespace Aria.Libp2p.KadDht.Tests.Routing;

public sealed class KadKeyTests
{
    private static readonly Gen<byte[]> Points = Gen.Byte.Array[32];

    [Fact]
    public void Vectors_OfPoints() => Assert.All(
        DhtVectors.Section("points").EnumerateArray(),
        point => Assert.Equal(KadKey.FromBytes(point.Hex("sha256")), KadKey.Of(point.Hex("bytes"))));

    [Fact]
    public void Vectors_OfCommonPrefixes() => Assert.All(
        DhtVectors.Section("commonPrefixes").EnumerateArray(),
        pair => Assert.Equal(
            pair.GetProperty("commonPrefix").GetInt32(),
            KadKey.FromBytes(pair.Hex("a")).CommonPrefixLength(KadKey.FromBytes(pair.Hex("b")))));

    [Fact]
    public void Vectors_OfDistances()
    {
        JsonElement vector = DhtVectors.Section("closest");
        KadKey target = KadKey.Of(vector.Hex("target"));
        string[] expected = [.. vector.GetProperty("peersByDistance").EnumerateArray().Select(peer => peer.GetString()!)];
        string[] sorted = [.. expected.Order(StringComparer.Ordinal).Order(Comparer<string>.Create((left, right) => target.CompareDistance(Point(left), Point(right))))];
        Assert.Equal(expected, sorted);

        static KadKey Point(string peer) => KadKey.Of(Convert.FromHexString(peer));
    }

    [Fact]
    public void Distance_IsTheXorAsANumber() =>
        Gen.Select(Points, Points, Points).Sample((target, left, right) => Assert.Equal(
            Xor(target, left).CompareTo(Xor(target, right)),
            Math.Sign(KadKey.FromBytes(target).CompareDistance(KadKey.FromBytes(left), KadKey.FromBytes(right)))));

    private static BigInteger Xor(byte[] left, byte[] right) =>
        new([.. left.Zip(right, (a, b) => (byte)(a ^ b))], isUnsigned: true, isBigEndian: true);
}
