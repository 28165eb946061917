using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p;

namespace Aria.Discovery;

/// <summary>What a node tells of itself, signed by its identity key (specs/discovery.md §2).</summary>
/// <param name="Network">The network it belongs to; text of 1 to 64 bytes of UTF-8.</param>
/// <param name="Node">The node.</param>
/// <param name="Sequence">Greater than in every record of the node before.</param>
/// <param name="ExpiresUnixMs">When it stops to count, in milliseconds since 1970.</param>
/// <param name="Addresses">Where it listens, without the peer id; up to 16.</param>
/// <param name="Served">What it serves; up to 32 spans, none for a node that only asks.</param>
/// <param name="Consent">The digest of its owner's consent, or null.</param>
/// <param name="Coordinate">Where it stands, or null.</param>
public sealed record CapabilityRecord(
    string Network,
    NodeId Node,
    long Sequence,
    long ExpiresUnixMs,
    ImmutableArray<Multiaddress> Addresses,
    ImmutableArray<ServedModel> Served,
    Digest? Consent = null,
    NetworkCoordinate? Coordinate = null)
{
    /// <summary>The largest envelope in bytes.</summary>
    public const int MaxBytes = 8192;

    /// <summary>The DHT key of a peer's record: ASCII <c>/aria/node/</c> and its id in base58.</summary>
    public static byte[] KeyOf(PeerId peer) => throw new NotImplementedException();

    /// <summary>The provider key of a model: the sha2-256 multihash <c>1220 ‖ model id</c>.</summary>
    public static byte[] ProviderKeyOf(ModelId model) => throw new NotImplementedException();

    /// <summary>The signed envelope.</summary>
    /// <exception cref="ArgumentException">The record is beyond its bounds, or the identity is not its node's.</exception>
    public byte[] Seal(Identity identity) => throw new NotImplementedException();

    /// <summary>Reads and checks what stands under a key: key, signature, signer, spelling, bounds, expiry.</summary>
    public static CapabilityStatus TryOpen(ReadOnlySpan<byte> key, ReadOnlySpan<byte> envelope, DateTimeOffset now, out CapabilityRecord? record) =>
        throw new NotImplementedException();
}
