using Aria.Libp2p;
using Aria.Libp2p.Transports;
using Aria.Node.Ledgers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Cli.Ledgers;

/// <summary>A passing peer with a key of its own: it asks nodes for their logs and traces and goes.</summary>
internal sealed class LedgerVisitor : IAsyncDisposable
{
    private readonly Identity _identity = Identity.Generate();
    private readonly LocalPeer _peer;

    public LedgerVisitor(TimeProvider time)
    {
        _peer = new(_identity, [new TcpTransport()], new LocalPeerOptions { AgentVersion = Nodes.NodeStart.Software }, time, NullLoggerFactory.Instance);
        Client = new(_peer, time);
    }

    public LedgerClient Client { get; }

    /// <summary>Remembers where a node listens; returns its id.</summary>
    /// <param name="address">With <c>/p2p</c>.</param>
    public PeerId Meet(Multiaddress address)
    {
        PeerId id = address.Peer ?? throw new ArgumentException($"{address} names no peer.", nameof(address));
        _peer.AddAddresses(id, [address]);
        return id;
    }

    public async ValueTask DisposeAsync()
    {
        await _peer.DisposeAsync();
        _identity.Dispose();
    }
}
