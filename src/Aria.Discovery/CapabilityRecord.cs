using System.Collections.Immutable;
using System.Text;
using Aria.Libp2p;

namespace Aria.Discovery;

/// <summary>What a node tells of itself, signed by its identity key (specs/discovery.md §2-4).</summary>
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

    /// <summary>The domain that its signature is for.</summary>
    public const string Domain = "aria-capability";

    /// <summary>Its payload type, as ASCII.</summary>
    public const string PayloadType = "/aria/capability/1";

    private const string KeyPrefix = "/aria/node/";

    /// <summary>The DHT key of a peer's record: ASCII <c>/aria/node/</c> and its id in base58.</summary>
    public static byte[] KeyOf(PeerId peer) => Encoding.ASCII.GetBytes(KeyPrefix + peer);

    /// <summary>The provider key of a model: the sha2-256 multihash <c>1220 ‖ model id</c>.</summary>
    public static byte[] ProviderKeyOf(ModelId model) => [0x12, 0x20, .. model.Digest.Span];

    /// <summary>Whether it still counts.</summary>
    public bool IsAlive(DateTimeOffset now) => now.ToUnixTimeMilliseconds() < ExpiresUnixMs;

    /// <summary>The signed envelope.</summary>
    /// <exception cref="ArgumentException">The record is beyond its bounds, or the identity is not its node's.</exception>
    public byte[] Seal(Identity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        if (identity.PeerId != Node.PeerIdOf())
        {
            throw new ArgumentException("A record is signed by its own node.", nameof(identity));
        }

        byte[] payload = CapabilityCodec.Encode(this);
        byte[] envelope = SignedEnvelope.Seal(identity, Domain, Encoding.ASCII.GetBytes(PayloadType), payload);
        return envelope.Length <= MaxBytes && CapabilityCodec.TryDecode(payload, out _) == CapabilityStatus.Done
            ? envelope
            : throw new ArgumentException("The record is beyond its bounds (specs/discovery.md §3).");
    }

    /// <summary>Reads and checks what stands under a key: key, length, signature, signer, spelling, bounds, expiry, in this order.</summary>
    public static CapabilityStatus TryOpen(ReadOnlySpan<byte> key, ReadOnlySpan<byte> envelope, DateTimeOffset now, out CapabilityRecord? record)
    {
        record = null;
        if (!TryReadKey(key, out PeerId? owner))
        {
            return CapabilityStatus.BadKey;
        }

        CapabilityStatus status = TryRead(envelope, out PeerId? signer, out CapabilityRecord? read);
        if (signer is not null && signer != owner)
        {
            return CapabilityStatus.Foreign;
        }

        if (status != CapabilityStatus.Done)
        {
            return status;
        }

        if (read!.Node.PeerIdOf() != owner)
        {
            return CapabilityStatus.Foreign;
        }

        if (!read.IsAlive(now))
        {
            return CapabilityStatus.Expired;
        }

        if (read.ExpiresUnixMs - now.ToUnixTimeMilliseconds() > (long)CapabilityBounds.MaxLifetime.TotalMilliseconds)
        {
            return CapabilityStatus.TooLongLived;
        }

        record = read;
        return CapabilityStatus.Done;
    }

    /// <inheritdoc/>
    public bool Equals(CapabilityRecord? other) =>
        other is not null && Network == other.Network && Node == other.Node && Sequence == other.Sequence && ExpiresUnixMs == other.ExpiresUnixMs
        && Addresses.SequenceEqual(other.Addresses) && Served.SequenceEqual(other.Served) && Consent == other.Consent && Coordinate == other.Coordinate;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Node, Sequence);

    /// <summary>Reads an envelope whatever its key and the time; the signer is null where the signature does not verify.</summary>
    internal static CapabilityStatus TryRead(ReadOnlySpan<byte> envelope, out PeerId? signer, out CapabilityRecord? record)
    {
        signer = null;
        record = null;
        if (envelope.Length > MaxBytes)
        {
            return CapabilityStatus.TooLong;
        }

        if (!SignedEnvelope.TryOpen(envelope, Domain, out SignedEnvelope? opened) || !opened.Signer.TryNodeIdOf(out _) || !opened.PayloadType.Span.SequenceEqual(Encoding.ASCII.GetBytes(PayloadType)))
        {
            return CapabilityStatus.BadSignature;
        }

        signer = opened.Signer;
        return CapabilityCodec.TryDecode(opened.Payload.Span, out record);
    }

    // One spelling: the id must be printed as libp2p prints it.
    private static bool TryReadKey(ReadOnlySpan<byte> key, out PeerId? owner)
    {
        const int MaxKeyBytes = 128;
        owner = null;
        if (key.Length > MaxKeyBytes || !Ascii.IsValid(key))
        {
            return false;
        }

        string text = Encoding.ASCII.GetString(key);
        return text.StartsWith(KeyPrefix, StringComparison.Ordinal)
            && PeerId.TryParse(text[KeyPrefix.Length..], out owner)
            && owner.ToString() == text[KeyPrefix.Length..]
            && owner.TryNodeIdOf(out _);
    }
}
