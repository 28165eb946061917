using System.Buffers;
using Aria.Libp2p.Connections;
using Aria.Libp2p.Multistream;
using Aria.Libp2p.Noise;
using Aria.Libp2p.Transports;
using Aria.Libp2p.Yamux;

namespace Aria.Libp2p.Benchmarks.Attacks;

/// <summary>A remote end after an honest handshake whose yamux frames are written by hand. What comes back is received and thrown away.</summary>
internal sealed class RawSession : IAsyncDisposable
{
    private readonly LastSent _bytes;
    private readonly PlainChannel _plain;
    private readonly NoiseChannel _channel;
    private readonly ArrayBufferWriter<byte> _frames = new();
    private readonly CancellationTokenSource _over = new();
    private readonly Task _draining;

    private RawSession(LastSent bytes, PlainChannel plain, NoiseChannel channel)
    {
        (_bytes, _plain, _channel) = (bytes, plain, channel);
        _draining = DrainAsync();
    }

    /// <summary>Cancelled when the other end ended the connection.</summary>
    public CancellationToken Over => _over.Token;

    public static async Task<RawSession> ConnectAsync(Multiaddress target, NoiseSecurity noise, CancellationToken stop)
    {
        LastSent bytes = new(await new TcpTransport().DialAsync(target.WithoutPeer(), stop));
        PlainChannel plain = new(bytes);
        try
        {
            await ChannelNegotiation.ProposeAsync(plain, NoiseSecurity.Id, stop);
            return new(bytes, plain, (await noise.SecureAsync(plain, isInitiator: true, target.Peer, stop)).Channel);
        }
        catch
        {
            await plain.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds a frame to those that go with the next <see cref="FlushAsync"/>; <paramref name="length"/> other than the body's is a lie.</summary>
    public void Add(FrameType type, FrameFlags flags, uint stream, uint length, ReadOnlySpan<byte> body = default)
    {
        new FrameHeader(type, flags, stream, length).Write(_frames.GetSpan(FrameHeader.Bytes));
        _frames.Advance(FrameHeader.Bytes);
        _frames.Write(body);
    }

    /// <summary>A stream's first frame, with the proposal of a protocol and what follows it.</summary>
    public void Open(uint stream, string protocol, ReadOnlySpan<byte> first = default)
    {
        ArrayBufferWriter<byte> proposal = new();
        MultistreamMessage.Write(proposal, MultistreamMessage.Header);
        MultistreamMessage.Write(proposal, protocol);
        proposal.Write(first);
        Add(FrameType.Data, FrameFlags.Syn, stream, (uint)proposal.WrittenCount, proposal.WrittenSpan);
    }

    public async Task FlushAsync(CancellationToken stop)
    {
        await _channel.SendAsync(_frames.WrittenMemory, stop);
        _frames.ResetWrittenCount();
    }

    /// <summary>Sends the bytes of the last send once more.</summary>
    public ValueTask ReplayAsync(CancellationToken stop) => _plain.SendAsync(_bytes.Last.ToArray(), stop);

    /// <summary>Completes when the other end ended the connection.</summary>
    public Task WhenOverAsync(CancellationToken stop) => _draining.WaitAsync(stop);

    public async ValueTask DisposeAsync()
    {
        await _plain.DisposeAsync();
        await _draining;
        _channel.Release();
        _over.Dispose();
    }

    private async Task DrainAsync()
    {
        byte[] waste = new byte[64 * 1024];
        try
        {
            while (await _bytes.ReceiveAsync(waste, CancellationToken.None) > 0)
            {
            }
        }
        catch (ConnectionLostException)
        {
            // Over all the same.
        }

        await _over.CancelAsync();
    }

    private sealed class LastSent(TransportConnection connection) : TransportConnection
    {
        public ReadOnlyMemory<byte> Last { get; private set; }

        public override Multiaddress LocalAddress => connection.LocalAddress;

        public override Multiaddress RemoteAddress => connection.RemoteAddress;

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => connection.ReceiveAsync(buffer, cancellationToken);

        public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            Last = bytes;
            return connection.SendAsync(bytes, cancellationToken);
        }

        public override ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
