using Aria.Libp2p.KadDht.Routing;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.KadDht.Tests;

/// <summary>One member of a <see cref="KadGroup"/>.</summary>
internal sealed record KadNode(LocalPeer Peer, KadDht Dht)
{
    public PeerId Id => Peer.Id;
}

/// <summary>Peers of one test that speak the protocol, over memory or over TCP on the loopback interface.</summary>
internal sealed class KadGroup(KadOptions? options = null, TimeProvider? time = null, bool overTcp = false) : IAsyncDisposable
{
    public const string Protocol = "/ariatest/kad/1.0.0";

    private readonly MemoryNetwork _network = new();
    private readonly List<IAsyncDisposable> _parts = [];
    private readonly List<Identity> _identities = [];

    /// <summary>What nodes start with. However busy the machine is, nobody is overdue: a test of that says so itself.</summary>
    public KadOptions Options { get; } = (options ?? new() { Protocol = Protocol, Validators = Samples.Validators }) with
    {
        OverdueAfter = TimeSpan.FromHours(1),
        RequestTimeout = TimeSpan.FromHours(1),
        LookupTimeout = TimeSpan.FromHours(1),
    };

    public TimeProvider Time { get; } = time ?? TimeProvider.System;

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Waits for something that other threads bring about.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, Stop);
        }
    }

    /// <summary>A peer that listens and speaks no DHT yet.</summary>
    public async Task<LocalPeer> StartPeerAsync(string? address = null)
    {
        Identity identity = Identity.Generate();
        ITransport transport = overTcp ? new TcpTransport() : new MemoryTransport(_network);
        LocalPeer peer = new(identity, [transport], new(), Time, NullLoggerFactory.Instance);
        lock (_parts)
        {
            _identities.Add(identity);
            _parts.Add(peer);
        }

        await peer.ListenAsync(Multiaddress.Parse(address ?? (overTcp ? "/ip4/127.0.0.1/tcp/0" : "/memory/0")), Stop);
        return peer;
    }

    /// <summary>A node that knows nobody.</summary>
    public async Task<KadNode> StartAsync(KadOptions? options = null, string? address = null)
    {
        LocalPeer peer = await StartPeerAsync(address);
        KadDht dht = new(peer, options ?? Options, Time, NullLoggerFactory.Instance);
        lock (_parts)
        {
            _parts.Add(dht);
        }

        return new(peer, dht);
    }

    /// <summary>A node that joined through others.</summary>
    public async Task<KadNode> JoinAsync(KadNode through, KadOptions? options = null)
    {
        KadNode node = await StartAsync(options);
        await node.Dht.BootstrapAsync(through.Peer.Addresses, Stop);
        return node;
    }

    /// <summary>Nodes that know each other: where a bucket has room for one it is there, and who is connected is identified.</summary>
    public async Task<KadNode[]> StartManyAsync(int count)
    {
        KadNode first = await StartAsync();
        List<KadNode> nodes = [first];
        while (nodes.Count < count)
        {
            nodes.Add(await JoinAsync(first));
        }

        // Whom nobody happened to ask, or who is identified late, is missing here and there.
        while (nodes.FirstOrDefault(node => Missing(node).Length > 0) is { } lacking)
        {
            await lacking.Dht.BootstrapAsync(Missing(lacking).SelectMany(other => other.Peer.Addresses), Stop);
        }

        await UntilAsync(() => nodes.TrueForAll(node => node.Peer.ConnectedPeers.All(peer => node.Peer.Identified(peer) is not null)));
        return [.. nodes];

        KadNode[] Missing(KadNode node)
        {
            KadKey own = KadKey.Of(node.Id);
            Dictionary<int, int> filled = node.Dht.Table.All().CountBy(contact => own.CommonPrefixLength(contact.Key)).ToDictionary();
            return [.. nodes.Where(other => other != node && !node.Dht.Table.Contains(other.Id) && filled.GetValueOrDefault(own.CommonPrefixLength(KadKey.Of(other.Id))) < Options.K)];
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable part in Enumerable.Reverse(_parts))
        {
            await part.DisposeAsync();
        }

        _identities.ForEach(identity => identity.Dispose());
    }
}
