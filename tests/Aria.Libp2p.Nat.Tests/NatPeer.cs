using System.Buffers;
using System.IO.Pipelines;
using Aria.Libp2p.Nat.Circuits;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.Nat.Tests;

/// <summary>A local peer with the circuit transport, and its identity.</summary>
internal sealed class NatPeer : IAsyncDisposable
{
    public const string Echo = "/test/echo/1";

    public NatPeer(ITransport transport, LocalPeerOptions? options = null, CircuitOptions? circuitOptions = null, TimeProvider? time = null, Identity? identity = null)
    {
        Identity = identity ?? Identity.Generate();
        Circuits = new(circuitOptions ?? new(), time ?? TimeProvider.System, NullLoggerFactory.Instance);
        Local = new(Identity, [transport, Circuits], options ?? new(), time ?? TimeProvider.System, NullLoggerFactory.Instance);
        Circuits.Attach(Local);
    }

    public Identity Identity { get; }

    public LocalPeer Local { get; }

    public CircuitTransport Circuits { get; }

    public PeerId Id => Local.Id;

    public async Task<NatPeer> ListenAsync(string address)
    {
        await Local.ListenAsync(Multiaddress.Parse(address), TestContext.Current.CancellationToken);
        return this;
    }

    /// <summary>Listens at a relay and returns the address that leads here through it.</summary>
    public Task<Multiaddress> ListenThroughAsync(Multiaddress relay) =>
        Local.ListenAsync(Multiaddress.Parse($"{relay}/p2p-circuit"), TestContext.Current.CancellationToken);

    public NatPeer Relays(RelayOptions? options = null, TimeProvider? time = null) => Relays(out _, options, time);

    public NatPeer Relays(out RelayServer server, RelayOptions? options = null, TimeProvider? time = null)
    {
        server = new(Local, Identity, options ?? new(), time ?? TimeProvider.System, NullLoggerFactory.Instance);
        return this;
    }

    public NatPeer Echoes(bool onLimited = true)
    {
        Local.Handle(Echo, EchoAsync, onLimited);
        return this;
    }

    public Task<PeerStream> OpenAsync(PeerId peer, string protocol = Echo) =>
        Local.OpenStreamAsync(peer, protocol, takesLimitedConnection: true, TestContext.Current.CancellationToken);

    /// <summary>Sends bytes to a peer's echo and returns what came back.</summary>
    public async Task<byte[]> EchoAsync(PeerId peer, byte[] sent)
    {
        await using PeerStream stream = await OpenAsync(peer);
        return await EchoAsync(stream, sent);
    }

    public static async Task<byte[]> EchoAsync(PeerStream stream, byte[] sent)
    {
        Task writing = WriteAsync(stream, sent);     // beside the reading: neither end keeps much
        ArrayBufferWriter<byte> received = new();
        while (true)
        {
            ReadResult result = await stream.Input.ReadAsync(TestContext.Current.CancellationToken);
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                received.Write(segment.Span);
            }

            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                await writing;
                return received.WrittenSpan.ToArray();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Local.DisposeAsync();
        Identity.Dispose();
    }

    private static async Task WriteAsync(PeerStream stream, byte[] bytes)
    {
        await Task.Yield();
        await stream.Output.WriteAsync(bytes, TestContext.Current.CancellationToken);
        await stream.Output.CompleteAsync();
    }

    private static async Task EchoAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await stream.Input.ReadAsync(cancellationToken);
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                await stream.Output.WriteAsync(segment, cancellationToken);
            }

            stream.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }
}
