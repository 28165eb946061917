using System.Collections.Immutable;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Records;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Serving;

/// <summary>
/// The server's part (specs/dht.md §4): a request and who sent it in, a reply out. No network: <paramref name="addressesOf"/> tells
/// what this peer knows of another's addresses, its own included.
/// </summary>
internal sealed class KadResponder(
    PeerId self, int k, RoutingTable table, RecordStore records, ProviderStore providers, Func<PeerId, ImmutableArray<Multiaddress>> addressesOf)
{
    /// <summary>Bytes of a key that providers are remembered for.</summary>
    public const int MaxProviderKeyBytes = 80;

    /// <summary>True for what something may be provided under: a multihash, of whatever function.</summary>
    public static bool IsProviderKey(ReadOnlySpan<byte> key) => key.Length <= MaxProviderKeyBytes && Multihash.TryRead(key, out _, out ReadOnlySpan<byte> digest) && !digest.IsEmpty;

    public KadReply Reply(KadMessage request, PeerId from, DateTimeOffset now) => request.Type switch
    {
        KadMessageType.PutValue => PutValue(request, now),
        KadMessageType.GetValue => GetValue(request, from, now),
        KadMessageType.AddProvider => AddProvider(request, from, now),
        KadMessageType.GetProviders => GetProviders(request, from, now),
        KadMessageType.FindNode => FindNode(request, from),
        KadMessageType.Ping => new KadReply.Answer(new(KadMessageType.Ping, default)),
        _ => new KadReply.Refusal("unknown request"),
    };

    private KadReply PutValue(KadMessage request, DateTimeOffset now)
    {
        if (request.Record is not { } record || !record.Key.Span.SequenceEqual(request.Key.Span))
        {
            return new KadReply.Refusal("the record is not that of the key");
        }

        OfferOutcome outcome = records.Offer(record.Key.Span, record.Value.Span, now);
        return outcome is OfferOutcome.Stored or OfferOutcome.Renewed
            ? new KadReply.Answer(request with { CloserPeers = [], ProviderPeers = [] })
            : new KadReply.Refusal($"the record is refused: {outcome}");
    }

    private KadReply GetValue(KadMessage request, PeerId from, DateTimeOffset now)
    {
        if (request.Key.IsEmpty)
        {
            return new KadReply.Refusal("no key");
        }

        StoredRecord? held = records.Find(request.Key.Span, now);
        return new KadReply.Answer(new(KadMessageType.GetValue, request.Key)
        {
            Record = held is null ? null : new(held.Key, held.Value, KadMessageCodec.FormatTime(held.Received)),
            CloserPeers = Closer(request.Key.Span, from),
        });
    }

    private KadReply AddProvider(KadMessage request, PeerId from, DateTimeOffset now)
    {
        if (!IsProviderKey(request.Key.Span))
        {
            return new KadReply.Refusal("no provider key");
        }

        // Nobody announces another: what does not name the sender is passed over.
        foreach (KadPeer provider in request.ProviderPeers.Where(provider => provider.Id == from))
        {
            ImmutableArray<Multiaddress> addresses = provider.Addresses.IsEmpty ? addressesOf(from) : provider.Addresses;
            if (!addresses.IsEmpty && !providers.Add(request.Key.Span, from, addresses, now))
            {
                return new KadReply.Refusal("too many provider keys");
            }
        }

        return new KadReply.Silence();
    }

    private KadReply GetProviders(KadMessage request, PeerId from, DateTimeOffset now)
    {
        if (!IsProviderKey(request.Key.Span))
        {
            return new KadReply.Refusal("no provider key");
        }

        return new KadReply.Answer(new(KadMessageType.GetProviders, request.Key)
        {
            CloserPeers = Closer(request.Key.Span, from),
            ProviderPeers = [.. providers.Find(request.Key.Span, now).Select(found => new KadPeer(found.Id, found.Id == self ? addressesOf(self) : [.. found.Addresses]))],
        });
    }

    private KadReply FindNode(KadMessage request, PeerId from)
    {
        if (request.Key.IsEmpty)
        {
            return new KadReply.Refusal("no key");
        }

        ImmutableArray<KadPeer> closer = Closer(request.Key.Span, from);

        // Who is looked for by id is named even where it is no member of the table, such as a client or this peer itself.
        if (PeerId.TryFromBytes(request.Key.Span, out PeerId? wanted) && wanted != from && closer.All(peer => peer.Id != wanted)
            && addressesOf(wanted) is { IsEmpty: false } addresses)
        {
            closer = [new(wanted, addresses), .. closer];
        }

        return new KadReply.Answer(new(KadMessageType.FindNode, default) { CloserPeers = closer });
    }

    private ImmutableArray<KadPeer> Closer(ReadOnlySpan<byte> key, PeerId from) =>
    [
        .. table.Closest(KadKey.Of(key), k + 1)
            .Where(contact => contact.Id != from)
            .Select(contact => new KadPeer(contact.Id, addressesOf(contact.Id)))
            .Where(peer => !peer.Addresses.IsEmpty)
            .Take(k),
    ];
}
