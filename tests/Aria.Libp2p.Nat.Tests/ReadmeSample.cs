using System.Buffers;
using System.IO.Pipelines;
using Aria.Libp2p;
using Aria.Libp2p.Nat.Circuits;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.Nat.Tests;

/// <summary>The sample of the README, line by line.</summary>
internal static class ReadmeSample
{
    public static async Task<byte[]> RunAsync()
    {
        using Identity relayKey = Identity.Generate(), hiddenKey = Identity.Generate(), callerKey = Identity.Generate();
        await using LocalPeer relay = new(relayKey, [new TcpTransport()], new(), TimeProvider.System, NullLoggerFactory.Instance);
        using RelayServer server = new(relay, relayKey, new RelayOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        Multiaddress relayAddress = await relay.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), CancellationToken.None);

        CircuitTransport hiddenCircuits = new(new CircuitOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        await using LocalPeer hidden = new(hiddenKey, [new TcpTransport(), hiddenCircuits], new(), TimeProvider.System, NullLoggerFactory.Instance);
        hiddenCircuits.Attach(hidden);
        hidden.Handle("/greeting/1", async (stream, cancellationToken) => await stream.Output.WriteAsync("hello"u8.ToArray(), cancellationToken), runsOnLimitedConnections: true);
        Multiaddress address = await hidden.ListenAsync(Multiaddress.Parse($"{relayAddress}/p2p-circuit"), CancellationToken.None);

        CircuitTransport circuits = new(new CircuitOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        await using LocalPeer caller = new(callerKey, [new TcpTransport(), circuits], new(), TimeProvider.System, NullLoggerFactory.Instance);
        circuits.Attach(caller);
        PeerId peer = await caller.ConnectAsync(address, CancellationToken.None);
        await using PeerStream stream = await caller.OpenStreamAsync(peer, "/greeting/1", takesLimitedConnection: true, CancellationToken.None);
        var result = await stream.Input.ReadAtLeastAsync(5);
        return result.Buffer.Slice(0, 5).ToArray();
    }
}
