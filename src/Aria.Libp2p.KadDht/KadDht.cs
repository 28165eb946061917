using System.Collections.Immutable;
using System.Security.Cryptography;
using Aria.Libp2p.KadDht.Lookups;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Persistence;
using Aria.Libp2p.KadDht.Records;
using Aria.Libp2p.KadDht.Regions;
using Aria.Libp2p.KadDht.Requests;
using Aria.Libp2p.KadDht.Routing;
using Aria.Libp2p.KadDht.Serving;
using Aria.Libp2p.KadDht.Telemetry;
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
    private readonly KadServer _server;
    private readonly NetworkSizeEstimate _size;
    private readonly RegionSearch _regions;
    private readonly KadMetrics _metrics;
    private readonly Offences _offences;
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
        _size = new(options.K);
        _regions = new(options.K, key => FindNodesAsync(key, _background.Ending), RandomNumberGenerator.Fill);
        _metrics = new(peer.Id);
        _offences = new(_metrics, _logger);
        _requests = new(peer, options, _metrics, _offences, time, _logger);
        _saved = options.PeersFile is { } file ? new(file) : null;
        KadResponder responder = new(peer.Id, options.K, _table, _records, _providers, AddressesOf);
        RequestBudget budget = new(options.MaxRequestsPerSecond, options.MaxRequestBurst);
        _server = new(responder, budget, _metrics, _offences, options.IdleTimeout, time);
        if (options.IsServer)
        {
            Serve();
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

    /// <summary>Whether this peer answers others now.</summary>
    public bool IsServer { get; private set; }

    /// <summary>Peers in the routing table.</summary>
    public int RoutingTableCount => _table.Count;

    /// <summary>How many peers the network seems to have, this one not counted; null where it is unknown, as among few.</summary>
    public double? NetworkSize => _size.Value;

    internal RecordStore Records => _records;

    internal ProviderStore Providers => _providers;

    internal RoutingTable Table => _table;

    /// <summary>Answers others from now on, as a peer does that can be dialed; they are told, and take it into their tables.</summary>
    public void Serve()
    {
        IsServer = true;
        _peer.Handle(Options.Protocol, _server.ServeAsync);
    }

    /// <summary>Only asks from now on; others are told, and drop it from their tables.</summary>
    public void StopServing()
    {
        IsServer = false;
        _peer.StopHandling(Options.Protocol);
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
            KadMessage request = new(KadMessageType.GetProviders, multihash);
            HashSet<PeerId> asked = [];
            DisjointLookup lookup = await RunLookupAsync(KadKey.Of(multihash.Span), request, [], (from, answer) => asked.Add(from.Id) && Take(answer), cancellationToken);
            if (found.Count < max && Options.ProvidersInRegion)
            {
                foreach ((_, KadMessage answer) in await AskOthersAsync(multihash, lookup, asked, request, cancellationToken))
                {
                    Take(answer);
                }
            }
        }

        return [.. found.Values];

        bool Take(KadMessage answer)
        {
            foreach (KadPeer provider in answer.ProviderPeers.Where(provider => found.Count < max))
            {
                found.TryAdd(provider.Id, provider.ToInfo());
            }

            return found.Count >= max;
        }
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
        _metrics.Dispose();
    }

    /// <summary>Waits until corrections, hand-overs and late answers have been dealt with.</summary>
    internal Task IdleAsync() => _background.IdleAsync();

    private Task<DisjointLookup> FindNodesAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken, params IEnumerable<PeerInfo> seeds) =>
        RunLookupAsync(KadKey.Of(key.Span), new(KadMessageType.FindNode, key), seeds, (_, _) => false, cancellationToken);

    private Task<DisjointLookup> RunLookupAsync(
        KadKey target, KadMessage request, IEnumerable<PeerInfo> seeds, Func<PeerInfo, KadMessage, bool> onAnswer, CancellationToken cancellationToken) =>
        RunLookupAsync(target, request, seeds, (_, from, answer) => onAnswer(from, answer), cancellationToken);

    private async Task<DisjointLookup> RunLookupAsync(
        KadKey target, KadMessage request, IEnumerable<PeerInfo> seeds, Func<DisjointLookup, PeerInfo, KadMessage, bool> onAnswer, CancellationToken cancellationToken)
    {
        DisjointLookup lookup = new(target, _peer.Id, LookupBounds.Of(Options), Math.Clamp(_table.Count / Options.K, 1, Options.Paths), GroupsOf);
        lookup.AddSeeds(_table.Closest(target, Options.K).Select(contact => new PeerInfo(contact.Id, AddressesOf(contact.Id))).Concat(seeds));
        using LookupSpan? span = LookupSpan.Start(request.Type, target, lookup.Paths, _time);
        using CancellationTokenSource late = new(Options.LookupTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        LookupRun run = new(lookup, async peer => (await SendAsync(peer, request)).Message, Options.OverdueAfter, _time, span);
        string end;
        try
        {
            bool isEnough = await run.RunAsync((from, answer) => onAnswer(lookup, from, answer), either.Token);
            end = isEnough ? "enough" : lookup.IsExhausted ? "exhausted" : "done";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            end = "late";
        }

        _metrics.LookupEnded(end);
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

    // A peer's groups: those of the connections that there are, for nobody can claim another's; else those of what is said of it.
    private ImmutableArray<IpGroup> GroupsOf(PeerInfo peer)
    {
        Multiaddress[] real = [.. _peer.ConnectionsTo(peer.Id).Select(connection => connection.RemoteAddress)];
        return IpGroup.Of(real.Length > 0 ? real : peer.Addresses, Options.GroupPrivateAddresses);
    }

    private ImmutableArray<Multiaddress> AddressesOf(PeerId peer) =>
        [.. (peer == _peer.Id ? _peer.AnnouncedAddresses : _peer.AddressesOf(peer)).Select(address => address.WithoutPeer()).Distinct()];
}
