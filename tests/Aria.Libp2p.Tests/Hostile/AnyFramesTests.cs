using System.Buffers;
using System.IO.Pipelines;
using Aria.Libp2p.Transports;
using Aria.Libp2p.Yamux;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.Tests.Hostile;

/// <summary>Sessions fed random frames, and connections that deliver byte by byte.</summary>
public sealed class AnyFramesTests
{
    private const string Echo = "/test/echo/1";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RandomFrames_EndInAProtocolErrorOrNothing_AndTheTargetServesOn()
    {
        Random random = Testing.TestSeed.Random();
        RecordingLogs logs = new();
        await using PeerGroup group = new(overTcp: true) { Loggers = logs };
        LocalPeer target = await group.StartAsync();
        target.Handle(Echo, LocalPeerTests.EchoAsync);
        for (int session = 0; session < 60; session++)
        {
            await using RawPeer peer = await RawPeer.ConnectAsync(target.Addresses[0]);
            Task<GoAwayCode?> ending = peer.ReceiveGoAwayAsync();
            try
            {
                for (int i = 0; i < 200 && !ending.IsCompleted; i++)
                {
                    await SendRandomAsync(random, peer);
                }
            }
            catch (ConnectionLostException)
            {
                // The target had enough.
            }

            await peer.Plain.DisposeAsync();
            Assert.True(await ending is null or GoAwayCode.ProtocolError or GoAwayCode.Normal);
        }

        Assert.DoesNotContain(logs.Lines, line => line.Level > LogLevel.Warning);
        LocalPeer friend = group.Create();
        await friend.ConnectAsync(target.Addresses[0], Stop);
        await AssertEchoAsync(friend, target, new byte[100_000]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(13)]
    public async Task Bytes_MayArriveInAnyPieces(int piece)
    {
        MemoryNetwork network = new();
        using Identity a = Identity.Generate(), b = Identity.Generate();
        await using LocalPeer dialer = new(a, [new DribblingTransport(new MemoryTransport(network), piece)], new(), TimeProvider.System, NullLoggerFactory.Instance);
        await using LocalPeer listener = new(b, [new DribblingTransport(new MemoryTransport(network), piece)], new(), TimeProvider.System, NullLoggerFactory.Instance);
        listener.Handle(Echo, LocalPeerTests.EchoAsync);
        await dialer.ConnectAsync(await listener.ListenAsync(Multiaddress.Parse("/memory/0"), Stop), Stop);
        byte[] sent = new byte[200_000];
        new Random(piece).NextBytes(sent);
        await AssertEchoAsync(dialer, listener, sent);
    }

    private static async Task AssertEchoAsync(LocalPeer from, LocalPeer to, byte[] sent)
    {
        await using PeerStream stream = await from.OpenStreamAsync(to.Id, Echo, Stop);
        Task writing = Task.Run(async () =>
        {
            await stream.Output.WriteAsync(sent, Stop);
            await stream.Output.CompleteAsync();
        }, Stop);
        ArrayBufferWriter<byte> received = new();
        await stream.Input.CopyToAsync(PipeWriter.Create(received.AsStream()), Stop);
        await writing;
        Assert.True(received.WrittenSpan.SequenceEqual(sent));
    }

    private static async Task SendRandomAsync(Random random, RawPeer peer)
    {
        uint stream = (uint)random.Next(8);
        switch (random.Next(10))
        {
            case < 3:
                await peer.OpenAsync((uint)(2 * random.Next(2000) + 1), random.Next(2) == 0 ? Echo : "/nobody/speaks/this");
                break;
            case < 6:
                byte[] body = new byte[random.Next(2000)];
                random.NextBytes(body);
                await peer.SendDataAsync(stream | 1, body, (FrameFlags)(random.Next(4) == 0 ? random.Next(16) : 0));
                break;
            case < 9:
                await peer.SendAsync((FrameType)random.Next(random.Next(20) == 0 ? 6 : 2), (FrameFlags)random.Next(16), stream | 1, (uint)random.Next(100_000));
                break;
            default:
                byte[] anything = new byte[random.Next(1, 64)];
                random.NextBytes(anything);
                if (random.Next(5) == 0)
                {
                    await peer.Channel.SendAsync(anything, Stop);
                }
                else
                {
                    await peer.SendAsync(FrameType.Ping, FrameFlags.Syn, 0, (uint)random.Next());
                }

                break;
        }
    }

    private sealed class DribblingTransport(ITransport transport, int piece) : ITransport
    {
        public bool Supports(Multiaddress address) => transport.Supports(address);

        public async Task<ITransportListener> ListenAsync(Multiaddress address, CancellationToken cancellationToken) =>
            new DribblingListener(await transport.ListenAsync(address, cancellationToken), piece);

        public async Task<TransportConnection> DialAsync(Multiaddress address, CancellationToken cancellationToken) =>
            new DribblingConnection(await transport.DialAsync(address, cancellationToken), piece);
    }

    private sealed class DribblingListener(ITransportListener listener, int piece) : ITransportListener
    {
        public IReadOnlyList<Multiaddress> Addresses => listener.Addresses;

        public async ValueTask<TransportConnection?> AcceptAsync(CancellationToken cancellationToken) =>
            await listener.AcceptAsync(cancellationToken) is { } accepted ? new DribblingConnection(accepted, piece) : null;

        public ValueTask DisposeAsync() => listener.DisposeAsync();
    }

    private sealed class DribblingConnection(TransportConnection connection, int piece) : TransportConnection
    {
        public override Multiaddress LocalAddress => connection.LocalAddress;

        public override Multiaddress RemoteAddress => connection.RemoteAddress;

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
            connection.ReceiveAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);

        public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => connection.SendAsync(bytes, cancellationToken);

        public override ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
