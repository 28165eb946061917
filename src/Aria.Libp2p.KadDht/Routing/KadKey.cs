using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Aria.Libp2p.KadDht.Routing;

/// <summary>A point of the 256-bit space in which distance is XOR: the SHA-256 of a key's or a peer id's bytes (specs/dht.md §2).</summary>
internal readonly record struct KadKey
{
    public const int Bits = 256;

    private readonly ulong _a, _b, _c, _d;

    private KadKey(ulong a, ulong b, ulong c, ulong d) => (_a, _b, _c, _d) = (a, b, c, d);

    /// <summary>Where a value or provider key stands.</summary>
    public static KadKey Of(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return FromBytes(hash);
    }

    /// <summary>Where a peer stands.</summary>
    public static KadKey Of(PeerId peer) => Of(peer.Bytes);

    /// <summary>The point that 32 bytes spell.</summary>
    public static KadKey FromBytes(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]));

    /// <summary>Leading bits that both have in common, 0 to 256.</summary>
    public int CommonPrefixLength(KadKey other) =>
        _a != other._a ? BitOperations.LeadingZeroCount(_a ^ other._a)
        : _b != other._b ? 64 + BitOperations.LeadingZeroCount(_b ^ other._b)
        : _c != other._c ? 128 + BitOperations.LeadingZeroCount(_c ^ other._c)
        : _d != other._d ? 192 + BitOperations.LeadingZeroCount(_d ^ other._d)
        : Bits;

    /// <summary>The distance as a part of the whole space, 0 to 1.</summary>
    public double DistanceTo(KadKey other) => (_a ^ other._a) / Math.Pow(2, 64);

    /// <summary>Negative where <paramref name="left"/> is closer to this point than <paramref name="right"/>; 0 only for equal points.</summary>
    public int CompareDistance(KadKey left, KadKey right)
    {
        int order = (left._a ^ _a).CompareTo(right._a ^ _a);
        order = order != 0 ? order : (left._b ^ _b).CompareTo(right._b ^ _b);
        order = order != 0 ? order : (left._c ^ _c).CompareTo(right._c ^ _c);
        return order != 0 ? order : (left._d ^ _d).CompareTo(right._d ^ _d);
    }
}
