using System.Collections.Immutable;
using Aria.Libp2p;
using Aria.Libp2p.KadDht;
using Aria.Scheduling;
using Microsoft.Extensions.Logging;

namespace Aria.Discovery;

/// <summary>
/// Knows which nodes serve the followed models: looks for their providers, fetches and checks their records, measures the way to them
/// (specs/discovery.md §6-7). Readers take a snapshot and never wait.
/// </summary>
public sealed partial class CapabilityDirectory
{
    private const int MaxProviders = 256;       // of one model
    private const int MaxNodes = 1024;
    private const int ParallelRequests = 16;

    private static readonly TimeSpan UncoveredInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CoveredInterval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan MeasureInterval = TimeSpan.FromSeconds(5);
    private const int NodesAtFullPace = 16;     // with more, each is asked and measured less often
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);

    private readonly KadDht _dht;
    private readonly LocalPeer _peer;
    private readonly string _network;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly StepRatios _ratios = new();
    private readonly NodeTable _nodes = new(MaxNodes);
    private readonly Alarm _look = new();
    private readonly Alarm _measure = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<PeerId, DateTimeOffset> _fetched = [];
    private ImmutableHashSet<ModelId> _followed = [];
    private DirectorySnapshot _snapshot;

    /// <summary>Knows nothing yet. Records of another network are ignored; none of the parts is owned.</summary>
    public CapabilityDirectory(KadDht dht, LocalPeer peer, string network, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(time);
        _dht = dht;
        _peer = peer;
        _network = network;
        _time = time;
        _logger = logger;
        _snapshot = new([], time.GetUtcNow());
        peer.PeerDisconnected += OnDisconnected;
    }

    /// <summary>Nodes came, went, changed, were lost or found again. A new round trip alone is no change.</summary>
    public event Action? Changed;

    /// <summary>What is known now.</summary>
    public DirectorySnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Keeps looking for the nodes that serve a model.</summary>
    public void Follow(ModelId model)
    {
        if (ImmutableInterlocked.Update(ref _followed, static (followed, added) => followed.Add(added), model))
        {
            _look.Ring();
        }
    }

    /// <summary>Looks quickly while some followed model has no complete pipeline, then every few seconds; ends by cancellation.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(KeepLookingAsync(cancellationToken), KeepMeasuringAsync(cancellationToken));

    /// <summary>Looks once for every followed model and every known node, then measures the way to the nodes.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await LookAsync(TimeSpan.Zero, cancellationToken);
        await MeasureAsync(TimeSpan.Zero, cancellationToken);
    }

    /// <summary>Takes a record that came through gossip and counts (specs/discovery.md §4, §8), where its node is known or serves a followed model.</summary>
    public void Take(CapabilityRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.Network == _network && (Snapshot.Find(record.Node) is not null || record.Served.Any(served => _followed.Contains(served.Model))))
        {
            Accept(record, _time.GetUtcNow(), RecordSource.Gossip);
        }
    }

    /// <summary>The nodes that can be used for a model now, with what their steps and ways to them cost as seen by <paramref name="requester"/>.</summary>
    public SwarmSnapshot SwarmFor(ModelId model, int layers, NodeId requester)
    {
        DateTimeOffset now = _time.GetUtcNow();
        ImmutableArray<ServedSpan>.Builder spans = ImmutableArray.CreateBuilder<ServedSpan>();
        List<Link> links = [];
        foreach (KnownNode known in Snapshot.Nodes.Where(known => known.UnreachableSince is null && known.Record.IsAlive(now)))
        {
            NodeId node = known.Record.Node;
            foreach (ServedModel served in known.Record.Served.Where(served => served.Model == model && served.Layers == layers))
            {
                spans.Add(new(node, served.Span, _ratios.Apply(node, model, served.Cost), served.KvPositions));
            }

            if (known.RoundTrip is { } roundTrip)
            {
                long oneWay = Math.Clamp((long)(roundTrip.TotalMicroseconds / 2), 0, StepCost.MaxMicroseconds);
                links.Add(new(requester, node, oneWay));
                links.Add(new(node, requester, oneWay));
            }
        }

        return new(model, layers, requester, spans.ToImmutable(), new(links));
    }

    /// <summary>What a node's claim counts as for this requester: the claim itself, or pulled to twice or half of what was seen (specs/discovery.md §7).</summary>
    public StepCost CountsAs(NodeId node, ServedModel served)
    {
        ArgumentNullException.ThrowIfNull(served);
        return _ratios.Apply(node, served.Model, served.Cost);
    }

    /// <summary>A dial failed or a stage was lost: the node is passed over at once, until it answers again.</summary>
    public void ReportLost(NodeId node)
    {
        bool lost = _nodes.MarkUnreachable(node, _time.GetUtcNow());
        Publish(lost);
        if (lost)
        {
            LogLost(_logger, node);
        }

        _look.Ring();
        _measure.Ring();
    }

    /// <summary>What a step through <paramref name="part"/> on a node took as this requester saw it; later claims are held against it.</summary>
    public void ReportStep(NodeId node, ModelId model, StageSpan part, TimeSpan elapsed)
    {
        ServedModel? served = Snapshot.Find(node)?.Record.Served.FirstOrDefault(served => served.Model == model && served.Span.Contains(part));
        if (served is not null && elapsed > TimeSpan.Zero)
        {
            _ratios.Add(node, model, served.Cost.Of(part), elapsed.TotalMicroseconds);
        }
    }

    // A connection may end for many reasons, one of them that the node is gone: better to know before the next request is planned.
    private void OnDisconnected(PeerId peer)
    {
        if (peer.TryNodeIdOf(out NodeId node))
        {
            _nodes.Doubt(node);
            _measure.Ring();
        }
    }

    private TimeSpan Interval => _followed.All(IsCovered) ? CoveredInterval : UncoveredInterval;

    private async Task KeepLookingAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await LookAsync(Interval, cancellationToken);
            await _look.SleepAsync(Interval, _time, cancellationToken);
        }
    }

    // Apart from looking: a node that hangs makes neither wait for the other.
    private async Task KeepMeasuringAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await MeasureAsync(Paced(MeasureInterval, _nodes.Count), cancellationToken);
            await _measure.SleepAsync(Interval, _time, cancellationToken);
        }
    }

    private async Task LookAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        IReadOnlyList<PeerInfo>[] providers = await Task.WhenAll(
            _followed.Select(model => _dht.FindProvidersAsync(CapabilityRecord.ProviderKeyOf(model), MaxProviders, cancellationToken)));
        PeerId[] peers =
        [
            .. providers.SelectMany(found => found).Select(provider => provider.Id)
                .Concat(Snapshot.Nodes.Select(known => known.Record.Node.PeerIdOf()))
                .Distinct().Where(peer => peer.TryNodeIdOf(out _)).Take(MaxNodes),
        ];
        await Parallel.ForEachAsync(Due(peers, interval), InParallel(cancellationToken), async (peer, cancelled) => await FetchAsync(peer, cancelled));
        Publish(_nodes.RemoveExpired(_time.GetUtcNow()));
    }

    // Those whose turn it is, now taken. Many nodes take turns, so that the requests a second do not grow with them.
    private List<PeerId> Due(PeerId[] peers, TimeSpan interval)
    {
        DateTimeOffset now = _time.GetUtcNow();
        TimeSpan pace = Paced(interval, peers.Length);
        lock (_fetched)
        {
            List<PeerId> due = [.. peers.Where(peer => !_fetched.TryGetValue(peer, out DateTimeOffset last) || now - last >= pace)];
            foreach (PeerId gone in _fetched.Keys.Except(peers).ToArray())
            {
                _fetched.Remove(gone);
            }

            due.ForEach(peer => _fetched[peer] = now);
            return due;
        }
    }

    private static ParallelOptions InParallel(CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = ParallelRequests, CancellationToken = cancellationToken };

    private static TimeSpan Paced(TimeSpan interval, int nodes) => interval * Math.Max(1, nodes / NodesAtFullPace);

    private bool IsCovered(ModelId model)
    {
        IEnumerable<int> layers = Snapshot.Nodes.SelectMany(known => known.Record.Served).Where(served => served.Model == model).Select(served => served.Layers).Distinct();
        NodeId self = _peer.Id.NodeIdOf();
        return layers.Any(count => PipelinePlanner.Plan(SwarmFor(model, count, self), excluded: null, positionsNeeded: 0) is PlanResult.Found);
    }

    private async Task FetchAsync(PeerId peer, CancellationToken cancellationToken)
    {
        byte[] key = CapabilityRecord.KeyOf(peer);
        DateTimeOffset now = _time.GetUtcNow();
        if (await _dht.GetAsync(key, cancellationToken) is { } value
            && CapabilityRecord.TryOpen(key, value, now, out CapabilityRecord? record) == CapabilityStatus.Done
            && record!.Network == _network)
        {
            Accept(record, now, RecordSource.Dht);
        }
    }

    private void Accept(CapabilityRecord record, DateTimeOffset now, RecordSource source)
    {
        _peer.AddAddresses(record.Node.PeerIdOf(), record.Addresses);
        if (_nodes.Accept(record, now, source))
        {
            Publish(changed: true);
            _measure.Ring();
        }
    }

    private Task MeasureAsync(TimeSpan pace, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(_nodes.ToMeasure(_time.GetUtcNow(), pace), InParallel(cancellationToken), async (node, cancelled) => await MeasureAsync(node, cancelled));

    private async Task MeasureAsync(NodeId node, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(PingTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        PeerId peer = node.PeerIdOf();
        try
        {
            TimeSpan roundTrip = peer == _peer.Id ? TimeSpan.Zero : await _peer.PingAsync(peer, either.Token);
            bool found = _nodes.Measured(node, roundTrip, _time.GetUtcNow());
            Rebuild();
            Publish(found);
        }
        catch (Libp2pException)
        {
            Publish(_nodes.MarkUnreachable(node, _time.GetUtcNow()));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Publish(_nodes.TimedOut(node, _time.GetUtcNow()));
        }
    }

    // The lock keeps an older picture from replacing a newer one.
    private void Rebuild()
    {
        lock (_lock)
        {
            Volatile.Write(ref _snapshot, _nodes.Snapshot(_time.GetUtcNow()));
        }
    }

    private void Publish(bool changed)
    {
        if (changed)
        {
            Rebuild();
            Changed?.Invoke();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Node} is lost; it is passed over until it answers")]
    private static partial void LogLost(ILogger logger, NodeId node);
}
