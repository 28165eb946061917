using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.PubSub.Tests;

/// <summary>One member of a <see cref="GossipGroup"/>.</summary>
internal sealed record GossipNode(LocalPeer Peer, GossipSub Gossip)
{
    public PeerId Id => Peer.Id;
}

/// <summary>Peers of one test that speak the protocol, over memory or over TCP on the loopback interface, with heartbeats of 100 ms.</summary>
internal sealed class GossipGroup(bool overTcp = false, GossipOptions? options = null) : IAsyncDisposable
{
    // Nothing here waits for a limit to pass, and a busy machine may need more than a user would grant.
    private static readonly LocalPeerOptions Patient = new()
    {
        DialTimeout = TimeSpan.FromMinutes(1), HandshakeTimeout = TimeSpan.FromMinutes(1), NegotiationTimeout = TimeSpan.FromMinutes(1), KeepAliveTimeout = TimeSpan.FromMinutes(1),
    };

    private readonly MemoryNetwork _network = new();
    private readonly List<IAsyncDisposable> _parts = [];
    private readonly List<Identity> _identities = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly List<Task> _running = [];

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public GossipOptions Options { get; } = options ?? new() { HeartbeatInterval = TimeSpan.FromMilliseconds(100) };

    /// <summary>Waits for something that other threads bring about.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, Stop);
        }
    }

    /// <summary>A peer that listens and does not gossip.</summary>
    public async Task<(LocalPeer Peer, Identity Identity)> StartPeerAsync()
    {
        Identity identity = Identity.Generate();
        ITransport transport = overTcp ? new TcpTransport() : new MemoryTransport(_network);
        LocalPeer peer = new(identity, [transport], Patient, TimeProvider.System, NullLoggerFactory.Instance);
        _identities.Add(identity);
        _parts.Add(peer);
        await peer.ListenAsync(Multiaddress.Parse(overTcp ? "/ip4/127.0.0.1/tcp/0" : "/memory/0"), Stop);
        return (peer, identity);
    }

    public async Task<GossipNode> StartAsync(GossipOptions? options = null)
    {
        (LocalPeer peer, Identity identity) = await StartPeerAsync();
        GossipSub gossip = new(peer, identity, options ?? Options, TimeProvider.System, NullLoggerFactory.Instance);
        _parts.Add(gossip);
        _running.Add(gossip.RunAsync(_ending.Token));
        return new(peer, gossip);
    }

    public static Task ConnectAsync(GossipNode dialer, GossipNode other) => dialer.Peer.ConnectAsync(other.Peer.Addresses[0], Stop);

    /// <summary>Waits until each of the nodes knows so many of the topic.</summary>
    public static Task KnowEachOtherAsync(string topic, int others, params GossipNode[] nodes) =>
        UntilAsync(() => nodes.All(node => node.Gossip.PeersOf(topic).Count >= others));

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable part in Enumerable.Reverse(_parts))
        {
            await part.DisposeAsync();
        }

        await _ending.CancelAsync();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _identities.ForEach(identity => identity.Dispose());
        _ending.Dispose();
    }
}
