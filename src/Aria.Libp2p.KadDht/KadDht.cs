using System.Collections.Immutable;
using Aria.Libp2p.KadDht.Lookups;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Persistence;
using Aria.Libp2p.KadDht.Records;
using Aria.Libp2p.KadDht.Requests;
using Aria.Libp2p.KadDht.Routing;
using Aria.Libp2p.KadDht.Serving;
using Aria.Libp2p.KadDht.Tracing;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.KadDht;

/// <summary>
/// A Kademlia distributed hash table over one <see cref="LocalPeer"/>: values under keys, providers of multihashes, peers by id
/// (specs/dht.md). Works alone and among few as among many. Safe to use from many threads.
/// </summary>
public sealed partial class KadDht : IAsyncDisposable
{
    private readonly LocalPeer _peer;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RoutingTable _table;
    private readonly FailedPeers _failed;
    private readonly RecordNamespaces _namespaces;
    private readonly RecordStore _records;
    private readonly ProviderStore _providers;
    private readonly KadRequests _requests;
    private readonly SavedPeers? _saved;
    private readonly BackgroundTasks _background = new();

    /// <summary>Begins to serve, where <paramref name="options"/> say so, and to learn of peers as they are identified. The peer is not owned.</summary>
    public KadDht(LocalPeer peer, KadOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(options);
        _peer = peer;
        _time = time;
        _logger = loggers.CreateLogger<KadDht>();
        Options = options;
        _table = new(peer.Id, options.K, options.MaxPerGroupInBucket, options.MaxPerGroupInTable);
        _failed = new(options.FailureBackoff);
        _namespaces = new(options.Validators);
        _records = new(peer.Id, _namespaces, options.MaxRecords, options.MaxValueBytes, options.MaxStoredBytes);
        _providers = new(options.MaxProvidedKeys, options.MaxProvidersPerKey, options.ProviderLifetime);
        _requests = new(peer, options, time, _logger);
        _saved = options.PeersFile is { } file ? new(file) : null;
        if (options.IsServer)
        {
            KadResponder responder = new(peer.Id, options.K, _table, _records, _providers, AddressesOf);
            RequestBudget budget = new(options.MaxRequestsPerSecond, options.MaxRequestBurst);
            peer.Handle(options.Protocol, new KadServer(responder, budget, options.IdleTimeout, time).ServeAsync);
        }

        peer.PeerIdentified += OnIdentified;
        foreach (PeerId connected in peer.ConnectedPeers)
        {
            if (peer.Identified(connected) is { } identified)
            {
                OnIdentified(identified);
            }
        }
    }

    /// <summary>What it was made with.</summary>
    public KadOptions Options { get; }

    /// <summary>Peers in the routing table.</summary>
    public int RoutingTableCount => _table.Count;

    internal RecordStore Records => _records;

    internal ProviderStore Providers => _providers;

    internal RoutingTable Table => _table;

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
        DisjointLookup lookup = await FindNodesAsync(key, cancellationToken);
        Task<AskStatus>[] puts = [.. lookup.Closest.Select(candidate => StoreAtAsync(candidate.Peer, key, value))];
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
        DisjointLookup lookup = await RunLookupAsync(
            KadKey.Of(key.Span),
            new(KadMessageType.GetValue, key),
            [],
            (from, answer) =>
            {
                found[from.Id] = ValidValue(answer.Record, key);
                return false;
            },
            cancellationToken);

        byte[]? own = _records.Find(key.Span, _time.GetUtcNow())?.Value;
        byte[][] values = [.. found.Values.Append(own).OfType<byte[]>().Distinct(ByteKeys.Comparer)];
        if (values.Length == 0)
        {
            return null;
        }

        byte[] best = values[validator.SelectBest(key.Span, [.. values.Select(value => new ReadOnlyMemory<byte>(value))])];
        Correct(lookup, found, own, key, best);
        return best;
    }

    /// <summary>Announces this peer as a provider of a sha2-256 multihash, now and at every provide interval.</summary>
    public async Task ProvideAsync(ReadOnlyMemory<byte> multihash, CancellationToken cancellationToken)
    {
        if (multihash.Span is not [0x12, 0x20, ..] || multihash.Length != 34)
        {
            throw new ArgumentException("Only sha2-256 multihashes are provided.", nameof(multihash));
        }

        RememberProvided(multihash);
        _providers.Add(multihash.Span, _peer.Id, AddressesOf(_peer.Id), _time.GetUtcNow());
        DisjointLookup lookup = await FindNodesAsync(multihash, cancellationToken);
        Task<AskStatus>[] announcements = [.. lookup.Closest.Select(candidate => AnnounceAtAsync(candidate.Peer, multihash))];
        await Task.WhenAll(announcements.Select(one => InTimeAsync(one, cancellationToken)));
    }

    /// <summary>No longer announces this peer as a provider; others forget it in time.</summary>
    public void StopProviding(ReadOnlyMemory<byte> multihash)
    {
        ForgetProvided(multihash);
        _providers.Remove(multihash.Span, _peer.Id);
    }

    /// <summary>Up to <paramref name="max"/> providers of a multihash, this peer included where it is one.</summary>
    public async Task<IReadOnlyList<PeerInfo>> FindProvidersAsync(ReadOnlyMemory<byte> multihash, int max, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        Dictionary<PeerId, PeerInfo> found = _providers.Find(multihash.Span, _time.GetUtcNow()).Take(max).ToDictionary(provider => provider.Id);
        if (found.ContainsKey(_peer.Id))
        {
            found[_peer.Id] = new(_peer.Id, AddressesOf(_peer.Id));
        }

        if (found.Count < max)
        {
            await RunLookupAsync(
                KadKey.Of(multihash.Span),
                new(KadMessageType.GetProviders, multihash),
                [],
                (_, answer) =>
                {
                    foreach (KadPeer provider in answer.ProviderPeers.Where(provider => found.Count < max))
                    {
                        found.TryAdd(provider.Id, provider.ToInfo());
                    }

                    return found.Count >= max;
                },
                cancellationToken);
        }

        return [.. found.Values];
    }

    /// <summary>Addresses of a peer; null where nobody knows any.</summary>
    public async Task<PeerInfo?> FindPeerAsync(PeerId peer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        PeerInfo? found = AddressesOf(peer) is { IsEmpty: false } known ? new(peer, known) : null;
        if (found is null)
        {
            byte[] key = peer.Bytes.ToArray();
            await RunLookupAsync(
                KadKey.Of(peer),
                new(KadMessageType.FindNode, key),
                [],
                (_, answer) =>
                {
                    found = answer.CloserPeers.FirstOrDefault(closer => closer.Id == peer && !closer.Addresses.IsEmpty)?.ToInfo();
                    return found is not null;
                },
                cancellationToken);
        }

        return found;
    }

    /// <summary>The up to k peers closest to a key that answered, the closest first, this one not among them.</summary>
    public async Task<IReadOnlyList<PeerInfo>> FindClosestAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        DisjointLookup lookup = await FindNodesAsync(key, cancellationToken);
        return [.. lookup.Closest.Select(candidate => candidate.Peer)];
    }

    /// <summary>Stops learning, ends what runs in the background and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        _peer.PeerIdentified -= OnIdentified;
        await _background.DisposeAsync();
        SavePeers();
    }

    /// <summary>Waits until corrections, hand-overs and late answers have been dealt with.</summary>
    internal Task IdleAsync() => _background.IdleAsync();

    private Task<DisjointLookup> FindNodesAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken, params IEnumerable<PeerInfo> seeds) =>
        RunLookupAsync(KadKey.Of(key.Span), new(KadMessageType.FindNode, key), seeds, (_, _) => false, cancellationToken);

    private async Task<DisjointLookup> RunLookupAsync(
        KadKey target, KadMessage request, IEnumerable<PeerInfo> seeds, Func<PeerInfo, KadMessage, bool> onAnswer, CancellationToken cancellationToken)
    {
        DisjointLookup lookup = new(target, _peer.Id, LookupBounds.Of(Options), Math.Clamp(_table.Count / Options.K, 1, Options.Paths));
        lookup.AddSeeds(_table.Closest(target, Options.K).Select(contact => new PeerInfo(contact.Id, AddressesOf(contact.Id))).Concat(seeds));
        using LookupSpan? span = LookupSpan.Start(request.Type, target, lookup.Paths, _time);
        LookupRun run = new(lookup, async peer => (await SendAsync(peer, request)).Message, Options.OverdueAfter, _time, span);
        await run.RunAsync(onAnswer, cancellationToken);
        span?.Done(lookup);
        return lookup;
    }

    private Task<AskResult> SendAsync(PeerInfo to, KadMessage request) =>
        _failed.Contains(to.Id, _time.GetUtcNow())
            ? Task.FromResult(new AskResult(AskStatus.Unreachable))
            : _background.Run(
                async ending =>
                {
                    AskResult result = await _requests.SendAsync(to, request, ending);
                    Learn(to.Id, result.Status);
                    return result;
                },
                atEnd: new AskResult(AskStatus.Cancelled));

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

    private string WhyRefused(OfferOutcome outcome, ReadOnlySpan<byte> key) =>
        outcome == OfferOutcome.Worse ? "A better value is held under this key already."
        : _namespaces.TryFind(key, out _) ? $"The key's namespace does not allow this value under it, or not now (at most {Options.MaxValueBytes} bytes)."
        : $"The key is of no namespace that this network has: {string.Join(", ", Options.Validators.Keys.Order(StringComparer.Ordinal).Select(word => $"/{word}/…"))}.";

    private byte[]? ValidValue(KadRecord? record, ReadOnlyMemory<byte> key) =>
        record is not null && record.Key.Span.SequenceEqual(key.Span) && record.Value.Length <= Options.MaxValueBytes
        && _namespaces.Validate(key.Span, record.Value.Span, _time.GetUtcNow())
            ? record.Value.ToArray()
            : null;

    private void Correct(DisjointLookup lookup, Dictionary<PeerId, byte[]?> found, byte[]? own, ReadOnlyMemory<byte> key, byte[] best)
    {
        if (own is not null && !own.AsSpan().SequenceEqual(best))
        {
            _records.Offer(key.Span, best, _time.GetUtcNow());
        }

        foreach (Candidate candidate in lookup.Closest)
        {
            if (!found.GetValueOrDefault(candidate.Peer.Id).AsSpan().SequenceEqual(best))
            {
                _ = StoreAtAsync(candidate.Peer, key, best);
            }
        }
    }

    private ImmutableArray<Multiaddress> AddressesOf(PeerId peer) =>
        [.. (peer == _peer.Id ? _peer.Addresses : _peer.AddressesOf(peer)).Select(address => address.WithoutPeer()).Distinct()];
}
