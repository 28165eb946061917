using Aria.Discovery;
using Aria.Gateway.Dht;
using Aria.Libp2p;
using Aria.Libp2p.KadDht;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Cli.Dht;

/// <summary>A peer for one question: a fresh identity that listens nowhere, asks as a client, and is in nobody's table.</summary>
internal static class DhtVisitor
{
    /// <exception cref="CommandFailedException">Nobody at the addresses speaks the network's hash table, or the value is refused.</exception>
    public static async Task<DhtAnswer> AskAsync(
        IReadOnlyList<Multiaddress> bootstrap, TimeProvider time, bool traces, Func<DhtQueries, CancellationToken, Task<DhtAnswer>> ask, CancellationToken cancellationToken)
    {
        using Identity identity = Identity.Generate();
        await using LocalPeer peer = new(identity, [new TcpTransport()], new() { AgentVersion = Nodes.NodeStart.Software }, time, NullLoggerFactory.Instance);
        await using KadDht dht = new(peer, CapabilityDht.Options(isServer: false), time, NullLoggerFactory.Instance);
        await dht.BootstrapAsync(bootstrap, cancellationToken);
        if (dht.RoutingTableCount == 0)
        {
            throw CommandFailedException.Unreachable(
                $"Nobody who speaks {CapabilityDht.Protocol} answers at {string.Join(", ", bootstrap)}.", "aria peers shows addresses of a running network");
        }

        try
        {
            return await ask(new(dht, time, traces), cancellationToken);
        }
        catch (RecordRefusedException refused)
        {
            throw new CommandFailedException(ExitCode.Precondition, "record_refused", refused.Message, null, refused);
        }
    }
}
