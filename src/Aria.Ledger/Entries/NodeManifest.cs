using Aria.Wire.Canonical;
using Aria.Wire.Signing;

namespace Aria.Ledger.Entries;

/// <summary>Whose log this is and which keys it uses: the payload of entry 0, signed by the identity key (specs/ledger.md §4).</summary>
/// <param name="NetworkId">The network.</param>
/// <param name="Identity">The node.</param>
/// <param name="Epoch">Which of the node's logs this is.</param>
/// <param name="Origin">The log's name, <see cref="LedgerOrigin.Of"/> of the three before.</param>
/// <param name="LogKey">Signs entries and checkpoints.</param>
/// <param name="WitnessKey">Signs other logs' checkpoints.</param>
/// <param name="PreviousCheckpoint">SHA-256 of the last checkpoint note of the epoch before; null in the first.</param>
/// <param name="Software">What wrote the log: name/version.</param>
/// <param name="CreatedUnixMilliseconds">When the log began.</param>
public sealed record NodeManifest(
    string NetworkId, NodeId Identity, int Epoch, string Origin, NodeId LogKey, NodeId WitnessKey, Digest? PreviousCheckpoint, string Software, long CreatedUnixMilliseconds)
{
    /// <summary>Domain of the identity's signature.</summary>
    public const string Domain = "aria-node-manifest";

    /// <summary>Most bytes of the software's name.</summary>
    public const int MaxSoftwareBytes = 64;

    private const int Version = 1;

    /// <summary>Payload type of the identity's signature.</summary>
    public static ReadOnlySpan<byte> PayloadType => "/aria/node-manifest/1"u8;

    /// <summary>The manifest and its signature: entry 0's payload.</summary>
    public byte[] Seal(SigningKey identity)
    {
        CanonicalWriter writer = new CanonicalWriter().Array(10).UInt(Version).Text(NetworkId).Bytes(Identity.Key.Span).UInt((ulong)Epoch).Text(Origin)
            .Bytes(LogKey.Key.Span).Bytes(WitnessKey.Key.Span);
        writer = PreviousCheckpoint is { } previous ? writer.Bytes(previous.Span) : writer.Nil();
        byte[] body = writer.Text(Software).UInt((ulong)CreatedUnixMilliseconds).ToArray();
        return SignedBytes.Seal(identity, Domain, PayloadType, body).Encode();
    }

    /// <summary>
    /// Reads a manifest. <paramref name="problem"/> tells what is wrong with one that can be read: its signature or a name that is not that of network, node and epoch.
    /// </summary>
    public static EntryStatus TryDecode(ReadOnlyMemory<byte> payload, out NodeManifest? manifest, out string? problem)
    {
        (manifest, problem) = (null, null);
        if (!SignedBytes.TryDecode(payload, LedgerEntry.MaxPayloadBytes, out SignedBytes signed))
        {
            return EntryStatus.NotCanonical;
        }

        CanonicalReader reader = new(signed.Payload.Span);
        if (!reader.TryArray(out int count, int.MaxValue) || !reader.TryUInt(out ulong version))
        {
            return EntryStatus.NotCanonical;
        }

        if (version != Version)
        {
            return EntryStatus.UnknownVersion;
        }

        if (count != 10
            || !reader.TryText(out string? network, LedgerOrigin.MaxNetworkLength) || !LedgerOrigin.IsNetworkId(network)
            || !reader.TryDigest(out Digest identity) || !reader.TryInt(out int epoch) || !reader.TryText(out string? origin, LedgerOrigin.MaxLength)
            || !reader.TryDigest(out Digest logKey) || !reader.TryDigest(out Digest witnessKey) || !TryDigestOrNil(ref reader, out Digest? previous)
            || !reader.TryText(out string? software, MaxSoftwareBytes) || !reader.TryLong(out long created) || !reader.AtEnd)
        {
            return EntryStatus.NotCanonical;
        }

        manifest = new(network, new(identity), epoch, origin, new(logKey), new(witnessKey), previous, software, created);
        problem =
            !signed.Verify(manifest.Identity, Domain, PayloadType) ? $"the manifest's signature is not that of {manifest.Identity}"
            : origin != LedgerOrigin.Of(network, manifest.Identity, epoch) ? $"the manifest names the log {origin}, which is not the name that network, node and epoch give"
            : null;
        return EntryStatus.Done;
    }

    private static bool TryDigestOrNil(ref CanonicalReader reader, out Digest? digest)
    {
        digest = null;
        if (reader.TryNil())
        {
            return true;
        }

        bool ok = reader.TryDigest(out Digest value);
        digest = ok ? value : null;
        return ok;
    }
}
