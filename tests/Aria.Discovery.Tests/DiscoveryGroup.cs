using System.Collections.Immutable;
using Aria.Libp2p;
using Aria.Libp2p.KadDht;
using Aria.Libp2p.PubSub;
using Aria.Libp2p.Transports;
using Aria.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Discovery.Tests;

/// <summary>One member of a <see cref="DiscoveryGroup"/>.</summary>
internal sealed record DiscoveryNode(Identity Identity, LocalPeer Peer, KadDht Dht, CapabilityPublisher Publisher, CapabilityDirectory Directory)
{
    public NodeId Id => Peer.Id.NodeIdOf();
}

/// <summary>Nodes of one test with all of discovery, over memory or over TCP on the loopback interface.</summary>
internal sealed class DiscoveryGroup(bool overTcp = false) : IAsyncDisposable
{
    public static readonly ModelId Model = new(Digest.Of("model"u8));

    private readonly MemoryNetwork _network = new();
    private readonly List<IAsyncDisposable> _parts = [];
    private readonly List<Identity> _identities = [];
    private readonly List<CapabilityGossip> _gossips = [];
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("aria-discovery-").FullName;
    private readonly CancellationTokenSource _ending = new();
    private readonly List<Task> _running = [];

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static ServedModel Served(int start, int end, int layers = 8) => new(
        Model, "aria-tiny", "ARIA-NUM-1", layers, new(start == 0, LayerRange.Of(start, end), end == layers), new StepCost(100, 50, 400), 4096);

    public static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, Stop);
        }
    }

    public async Task<DiscoveryNode> StartAsync(DiscoveryNode? through = null, string network = "testnet", Identity? identity = null)
    {
        if (identity is null)
        {
            identity = Identity.Generate();
            _identities.Add(identity);
        }

        ITransport transport = overTcp ? new TcpTransport() : new MemoryTransport(_network);
        LocalPeer peer = new(identity, [transport], new(), TimeProvider.System, NullLoggerFactory.Instance);
        await peer.ListenAsync(Multiaddress.Parse(overTcp ? "/ip4/127.0.0.1/tcp/0" : "/memory/0"), Stop);
        KadDht dht = new(peer, CapabilityDht.Options(isServer: true), TimeProvider.System, NullLoggerFactory.Instance);
        _parts.AddRange([peer, dht]);
        CapabilityPublisher publisher = new(dht, peer, identity, network, Path.Combine(_folder, peer.Id.ToString()), TimeProvider.System, NullLogger.Instance);
        CapabilityDirectory directory = new(dht, peer, network, TimeProvider.System, NullLogger.Instance);
        if (through is not null)
        {
            await dht.BootstrapAsync(through.Peer.Addresses, Stop);
        }

        return new(identity, peer, dht, publisher, directory);
    }

    /// <summary>Lets a node tell of its records, and its directory hear of others', through gossip.</summary>
    public GossipSub Gossip(DiscoveryNode node, string network = "testnet")
    {
        GossipSub gossip = new(node.Peer, node.Identity, new() { HeartbeatInterval = TimeSpan.FromMilliseconds(100) }, TimeProvider.System, NullLoggerFactory.Instance);
        _parts.Add(gossip);
        _gossips.Add(new(gossip, network, node.Directory, node.Publisher, TimeProvider.System));
        Run(gossip.RunAsync);
        return gossip;
    }

    /// <summary>Runs something until the group ends.</summary>
    public void Run(Func<CancellationToken, Task> loop) => _running.Add(loop(_ending.Token));

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_running).ContinueWith(_ => { }, TaskScheduler.Default);
        _gossips.ForEach(gossip => gossip.Dispose());
        foreach (IAsyncDisposable part in Enumerable.Reverse(_parts))
        {
            await part.DisposeAsync();
        }

        _identities.ForEach(identity => identity.Dispose());
        _ending.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }
}
