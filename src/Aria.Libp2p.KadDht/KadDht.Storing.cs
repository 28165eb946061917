using Aria.Libp2p.KadDht.Lookups;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Records;
using Aria.Libp2p.KadDht.Regions;
using Aria.Libp2p.KadDht.Requests;
using Aria.Libp2p.KadDht.Routing;
using Aria.Libp2p.KadDht.Serving;
using Aria.Libp2p.KadDht.Telemetry;

namespace Aria.Libp2p.KadDht;

/// <content>Values and announcements: to whom they go, and from whom values come.</content>
public sealed partial class KadDht
{
    private const double EnoughHolders = 0.75;      // of k, and an optimistic announcement is done

    /// <summary>Stores a value here and at the k closest peers; how many peers hold it now, this one counted.</summary>
    /// <exception cref="RecordRefusedException">This peer itself would not take the value.</exception>
    public async Task<int> PutAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        OfferOutcome own = _records.Offer(key.Span, value.Span, _time.GetUtcNow());
        if (own is OfferOutcome.Worse or OfferOutcome.Invalid)
        {
            throw new RecordRefusedException(WhyRefused(own, key.Span));
        }

        RememberPut(key, value);
        IReadOnlyList<PeerInfo> holders = await FindHoldersAsync(key, StoresInRegion(key.Span), cancellationToken);
        Task<AskStatus>[] puts = [.. holders.Select(holder => StoreAtAsync(holder, key, value))];
        bool[] stored = await Task.WhenAll(puts.Select(put => InTimeAsync(put, cancellationToken)));
        return stored.Count(one => one) + (own == OfferOutcome.Full ? 0 : 1);
    }

    /// <summary>The best valid value among this peer's and the closest peers'; null where nobody has one. Peers found with a worse one or none get it.</summary>
    public async Task<byte[]?> GetAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        if (!_namespaces.TryFind(key.Span, out IRecordValidator? validator))
        {
            return null;
        }

        Dictionary<PeerId, byte[]?> found = [];
        KadMessage request = new(KadMessageType.GetValue, key);
        DisjointLookup lookup = await RunLookupAsync(
            KadKey.Of(key.Span),
            request,
            [],
            (from, answer) =>
            {
                found[from.Id] = ValidValue(from.Id, answer.Record, key);
                return false;
            },
            cancellationToken);
        PeerInfo[] holders = [.. lookup.Closest.Select(candidate => candidate.Peer)];
        if (validator.StoresInRegion)
        {
            foreach ((PeerInfo from, KadMessage answer) in await AskOthersAsync(key, lookup, found.Keys, request, cancellationToken))
            {
                found[from.Id] = ValidValue(from.Id, answer.Record, key);
                holders = [.. holders, from];
            }
        }

        byte[]? own = _records.Find(key.Span, _time.GetUtcNow())?.Value;
        byte[][] values = [.. found.Values.Append(own).OfType<byte[]>().Distinct(ByteKeys.Comparer)];
        if (values.Length == 0)
        {
            return null;
        }

        byte[] best = values[validator.SelectBest(key.Span, [.. values.Select(value => new ReadOnlyMemory<byte>(value))])];
        Correct(holders, found, own, key, best);
        return best;
    }

    /// <summary>Announces this peer as a provider of a multihash of at most 80 bytes, now and at every provide interval. Returns once most of the closest peers know.</summary>
    public async Task ProvideAsync(ReadOnlyMemory<byte> multihash, CancellationToken cancellationToken)
    {
        if (!KadResponder.IsProviderKey(multihash.Span))
        {
            throw new ArgumentException($"Only multihashes of at most {KadResponder.MaxProviderKeyBytes} bytes are provided.", nameof(multihash));
        }

        RememberProvided(multihash);
        _providers.Add(multihash.Span, _peer.Id, AddressesOf(_peer.Id), _time.GetUtcNow());
        if (Options.OptimisticProvide && _size.Value is { } size)
        {
            TaskCompletionSource enough = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<bool> whole = _background.Run(ending => AnnounceEarlyAsync(multihash, new(KadKey.Of(multihash.Span), size, Options.K), enough, ending), atEnd: false);
            await await Task.WhenAny(whole, enough.Task).WaitAsync(cancellationToken);
        }
        else
        {
            IReadOnlyList<PeerInfo> holders = await FindHoldersAsync(multihash, Options.ProvidersInRegion, cancellationToken);
            Task<AskStatus>[] announcements = [.. holders.Select(holder => AnnounceAtAsync(holder, multihash))];
            await Task.WhenAll(announcements.Select(one => InTimeAsync(one, cancellationToken)));
        }
    }

    // Peers that are surely among the closest are told as soon as they answer, and all that were heard of once they are as near as the closest should be; the
    // true ones when the lookup has ended. The slowest are waited for by nobody.
    private async Task<bool> AnnounceEarlyAsync(ReadOnlyMemory<byte> multihash, LikelyHolders likely, TaskCompletionSource enough, CancellationToken ending)
    {
        Dictionary<PeerId, Task> told = [];
        int knowing = 0;
        DisjointLookup lookup = await RunLookupAsync(
            KadKey.Of(multihash.Span),
            new(KadMessageType.FindNode, multihash),
            [],
            (lookup, from, _) =>
            {
                IReadOnlyList<Candidate> heard = lookup.ClosestHeard;
                if (likely.AreAll([.. heard.Select(candidate => candidate.Key)]))
                {
                    foreach (Candidate candidate in heard)
                    {
                        Tell(candidate.Peer);
                    }
                }
                else if (likely.Contains(KadKey.Of(from.Id)))
                {
                    Tell(from);
                }

                return false;
            },
            ending);
        foreach (PeerInfo holder in await HoldersAsync(multihash, lookup, Options.ProvidersInRegion, ending))
        {
            Tell(holder);
        }

        await Task.WhenAll(told.Values);
        return true;

        void Tell(PeerInfo peer)
        {
            if (!told.ContainsKey(peer.Id))
            {
                told.Add(peer.Id, TellAsync(peer));
            }
        }

        async Task TellAsync(PeerInfo peer)
        {
            if (await InTimeAsync(AnnounceAtAsync(peer, multihash), ending) && Interlocked.Increment(ref knowing) >= EnoughHolders * Options.K)
            {
                enough.TrySetResult();
            }
        }
    }

    private async Task<IReadOnlyList<PeerInfo>> FindHoldersAsync(ReadOnlyMemory<byte> key, bool inRegion, CancellationToken cancellationToken) =>
        await HoldersAsync(key, await FindNodesAsync(key, cancellationToken), inRegion, cancellationToken);

    private Task<IReadOnlyList<PeerInfo>> HoldersAsync(ReadOnlyMemory<byte> key, DisjointLookup lookup, bool inRegion, CancellationToken cancellationToken) =>
        _regions.HoldersAsync(lookup, inRegion ? RegionOf(key.Span) : null).WaitAsync(cancellationToken);

    // Peers of the region that the lookup of its key did not come by, with what they answer in time.
    private async Task<(PeerInfo From, KadMessage Answer)[]> AskOthersAsync(
        ReadOnlyMemory<byte> key, DisjointLookup lookup, IReadOnlyCollection<PeerId> asked, KadMessage request, CancellationToken cancellationToken)
    {
        IReadOnlyList<PeerInfo> holders = await HoldersAsync(key, lookup, inRegion: true, cancellationToken);
        (PeerInfo From, KadMessage? Answer)[] answers = await Task.WhenAll(
            holders.Where(holder => !asked.Contains(holder.Id)).Select(async holder => (holder, await AnswerInTimeAsync(SendAsync(holder, request), cancellationToken))));
        return [.. answers.Where(one => one.Answer is not null).Select(one => (one.From, one.Answer!))];
    }

    private KeyRegion? RegionOf(ReadOnlySpan<byte> key) => KeyRegion.Around(KadKey.Of(key), _size.Value, Options.K);

    private bool StoresInRegion(ReadOnlySpan<byte> key) => _namespaces.TryFind(key, out IRecordValidator? validator) && validator.StoresInRegion;

    private async Task<AskStatus> StoreAtAsync(PeerInfo peer, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value) =>
        (await SendAsync(peer, new(KadMessageType.PutValue, key) { Record = new(key, value) })).Status;

    private async Task<AskStatus> AnnounceAtAsync(PeerInfo peer, ReadOnlyMemory<byte> multihash) =>
        (await SendAsync(peer, new(KadMessageType.AddProvider, multihash) { ProviderPeers = [new(_peer.Id, AddressesOf(_peer.Id))] })).Status;

    // Whether a request was answered before it counts as overdue; a later answer is dealt with in the background.
    private async Task<bool> InTimeAsync(Task<AskStatus> request, CancellationToken cancellationToken)
    {
        try
        {
            return await request.WaitAsync(Options.OverdueAfter, _time, cancellationToken) == AskStatus.Answered;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<KadMessage?> AnswerInTimeAsync(Task<AskResult> request, CancellationToken cancellationToken)
    {
        try
        {
            return (await request.WaitAsync(Options.OverdueAfter, _time, cancellationToken)).Message;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private string WhyRefused(OfferOutcome outcome, ReadOnlySpan<byte> key) =>
        outcome == OfferOutcome.Worse ? "A better value is held under this key already."
        : _namespaces.TryFind(key, out _) ? $"The key's namespace does not allow this value under it, or not now (at most {Options.MaxValueBytes} bytes)."
        : $"The key is of no namespace that this network has: {string.Join(", ", Options.Validators.Keys.Order(StringComparer.Ordinal).Select(word => $"/{word}/…"))}.";

    private byte[]? ValidValue(PeerId from, KadRecord? record, ReadOnlyMemory<byte> key)
    {
        if (record is null)
        {
            return null;
        }

        if (record.Key.Span.SequenceEqual(key.Span) && record.Value.Length <= Options.MaxValueBytes && _namespaces.Validate(key.Span, record.Value.Span, _time.GetUtcNow()))
        {
            return record.Value.ToArray();
        }

        // It may have expired on its way, so this alone is no reason to drop the peer.
        _offences.Add(from, Offence.InvalidValue, "It gave a value that the key's namespace does not allow, or does not allow any more.");
        return null;
    }

    private void Correct(IEnumerable<PeerInfo> holders, Dictionary<PeerId, byte[]?> found, byte[]? own, ReadOnlyMemory<byte> key, byte[] best)
    {
        if (own is not null && !own.AsSpan().SequenceEqual(best))
        {
            _records.Offer(key.Span, best, _time.GetUtcNow());
        }

        foreach (PeerInfo holder in holders)
        {
            if (!found.GetValueOrDefault(holder.Id).AsSpan().SequenceEqual(best))
            {
                _ = StoreAtAsync(holder, key, best);
            }
        }
    }
}
