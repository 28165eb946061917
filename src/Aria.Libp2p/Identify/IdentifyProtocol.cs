using System.Collections.Concurrent;
using System.Collections.Immutable;
using Aria.Libp2p.Connections;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Identify;

/// <summary><c>/ipfs/id/1.0.0</c> and <c>/ipfs/id/push/1.0.0</c>: what this peer tells, and what it was told by every connected peer.</summary>
internal sealed class IdentifyProtocol(
    Identity identity, LocalPeerOptions options, ProtocolTable protocols, Func<ImmutableArray<Multiaddress>> listenAddresses, TimeProvider time)
{
    public const string Id = "/ipfs/id/1.0.0";
    public const string PushId = "/ipfs/id/push/1.0.0";

    /// <summary>The longest message, in bytes.</summary>
    public const int MaxMessageBytes = 8 * 1024;

    /// <summary>How many messages one answer may be split into.</summary>
    public const int MaxMessages = 10;

    // Other implementations read no longer first message.
    private const int MaxFirstMessageBytes = 4 * 1024;

    private readonly ConcurrentDictionary<PeerId, Known> _known = new();

    private readonly ConcurrentDictionary<PeerId, long> _told = new();
    private ulong _lastSequence;
    private long _version;

    private sealed record Known(IdentifyMessage Message, ulong RecordSequence, IdentifiedPeer Peer);

    public IdentifiedPeer? Of(PeerId peer) => _known.GetValueOrDefault(peer)?.Peer;

    /// <summary>True where the peer told that it serves the protocol.</summary>
    public bool IsKnownToSpeak(PeerId peer, string protocol) => Of(peer)?.Protocols.Contains(protocol) == true;

    public void Forget(PeerId peer)
    {
        _known.TryRemove(peer, out _);
        _told.TryRemove(peer, out _);
    }

    /// <summary>What this peer tells changed.</summary>
    public void Changed() => Interlocked.Increment(ref _version);

    /// <summary>True where the peer takes pushes and was told what is no longer so. Who has not asked yet will hear the present state when it asks.</summary>
    public bool NeedsPush(PeerId peer) => _told.TryGetValue(peer, out long told) && told < Interlocked.Read(ref _version) && IsKnownToSpeak(peer, PushId);

    /// <summary>Tells the asking peer about this one; also the body of a push.</summary>
    public async Task TellAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        long version = Interlocked.Read(ref _version);      // of what follows, or older
        ImmutableArray<Multiaddress> addresses = [.. listenAddresses().Select(address => address.WithoutPeer())];
        IdentifyMessage message = new()
        {
            ProtocolVersion = options.ProtocolVersion,
            AgentVersion = options.AgentVersion,
            PublicKey = identity.PublicKeyProtobuf(),
            ListenAddresses = addresses,
            ObservedAddress = stream.RemoteAddress,
            Protocols = protocols.Names,
        };
        IdentifyMessage record = new()
        {
            SignedPeerRecord = new PeerRecord(identity.PeerId, NextSequence(), addresses).Seal(identity),
        };

        // In one message where that stays short enough for every implementation, else the record follows in a second one.
        byte[] whole = message.Merge(record).Encode();
        if (whole.Length <= MaxFirstMessageBytes)
        {
            LengthPrefixed.Write(stream.Output, whole);
        }
        else
        {
            LengthPrefixed.Write(stream.Output, message.Encode());
            LengthPrefixed.Write(stream.Output, record.Encode());
        }

        _told.AddOrUpdate(stream.RemotePeer, static (_, now) => now, static (_, before, now) => Math.Max(before, now), version);
        await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads what a peer tells, in one part or several, to the end of the stream, and merges it with what it told before.</summary>
    public async Task<IdentifiedPeer> HearAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(options.NegotiationTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        IdentifyMessage told = new();
        for (int count = 0; await LengthPrefixed.ReadAsync(stream.Input, MaxMessageBytes, either.Token).ConfigureAwait(false) is { } bytes; count++)
        {
            if (count == MaxMessages || !IdentifyMessage.TryDecode(bytes, out IdentifyMessage next))
            {
                throw new ProtocolViolationException($"{stream.RemotePeer} identified itself with malformed or too many messages.");
            }

            told = told.Append(next);
        }

        return Learn(stream.RemotePeer, told);
    }

    /// <summary>Merges what a peer told into what is known of it.</summary>
    public IdentifiedPeer Learn(PeerId peer, IdentifyMessage told)
    {
        if (!told.PublicKey.IsEmpty && (!PeerKey.TryRead(told.PublicKey.Span, out PeerKey? claimed) || claimed.Id != peer))
        {
            throw new ProtocolViolationException($"{peer} identified itself with another key than the one it proved.");
        }

        Known known = _known.AddOrUpdate(peer, static (peer, told) => Merge(peer, null, told), static (peer, before, told) => Merge(peer, before, told), told);
        return known.Peer;
    }

    // Grows across restarts by the clock and within one by counting.
    private ulong NextSequence()
    {
        while (true)
        {
            ulong last = Volatile.Read(ref _lastSequence);
            ulong next = Math.Max(last + 1, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds());
            if (Interlocked.CompareExchange(ref _lastSequence, next, last) == last)
            {
                return next;
            }
        }
    }

    private static Known Merge(PeerId peer, Known? before, IdentifyMessage told)
    {
        ulong sequence = before?.RecordSequence ?? 0;
        ReadOnlyMemory<byte> signed = before?.Peer.SignedRecord ?? default;
        PeerRecord? record = !told.SignedPeerRecord.IsEmpty && PeerRecord.TryOpen(told.SignedPeerRecord.Span, out PeerRecord? opened) && opened.Peer == peer ? opened : null;
        if (before is not null && record?.Sequence < sequence)
        {
            return before;      // overtaken on the way: what was told later is known already
        }

        // A signed record outweighs the plain list.
        IdentifyMessage merged = before is null ? told : before.Message.Merge(told);
        if (record?.Sequence > sequence)
        {
            (sequence, signed) = (record.Sequence, told.SignedPeerRecord);
            merged = merged with { ListenAddresses = record.Addresses };
        }

        return new(merged, sequence, new(
            peer,
            merged.AgentVersion ?? "",
            merged.ProtocolVersion ?? "",
            merged.Protocols,
            [.. merged.ListenAddresses.Where(address => address.Peer is null || address.Peer == peer).Where(address => address.Parts[0].Protocol != "p2p").Select(address => address.WithPeer(peer)).Distinct()],
            merged.ObservedAddress)
        {
            SignedRecord = signed,
        });
    }
}
