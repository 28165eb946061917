using System.Buffers;
using Aria.Libp2p.Connections;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.Identify;
using Aria.Libp2p.Multistream;
using Aria.Libp2p.Noise;
using Aria.Libp2p.Transports;
using Aria.Libp2p.Yamux;

namespace Aria.Libp2p.Tests.Hostile;

/// <summary>A remote end that sends what it is told to: an honest handshake, then yamux frames by hand.</summary>
internal sealed class RawPeer : IAsyncDisposable
{
    private readonly Identity _identity;
    private readonly NoiseSecurity _noise;
    private byte[] _unread = [];
    private RecordingConnection? _recording;
    private bool _ownsIdentity = true;

    private RawPeer(Identity identity, NoiseSecurity noise, PlainChannel plain, NoiseChannel channel)
    {
        _identity = identity;
        _noise = noise;
        Plain = plain;
        Channel = channel;
    }

    public PlainChannel Plain { get; }

    public NoiseChannel Channel { get; }

    public PeerId Id => _identity.PeerId;

    /// <summary>The bytes of the last send, where the peer was connected to record them.</summary>
    public byte[] LastSent => _recording!.LastSent;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<TransportConnection> DialBytesAsync(Multiaddress address)
    {
        ITransport transport = new TcpTransport();
        return await transport.DialAsync(address.WithoutPeer(), Stop);
    }

    /// <summary>Dials; with <paramref name="earlyMuxer"/> false it names no muxer in the handshake and negotiates it afterwards.</summary>
    public static async Task<RawPeer> ConnectAsync(Multiaddress address, bool earlyMuxer = true, Identity? identity = null, bool recorded = false)
    {
        bool ownsIdentity = identity is null;
        identity ??= Identity.Generate();
        NoiseSecurity noise = new(identity, earlyMuxer ? [YamuxSession.Id] : []);
        TransportConnection bytes = await DialBytesAsync(address);
        RecordingConnection? recording = recorded ? new(bytes) : null;
        PlainChannel plain = new(recording ?? bytes);
        await ChannelNegotiation.ProposeAsync(plain, NoiseSecurity.Id, Stop);
        SecuredChannel secured = await noise.SecureAsync(plain, isInitiator: true, address.Peer, Stop);
        if (secured.Muxer is null)
        {
            await ChannelNegotiation.ProposeAsync(secured.Channel, YamuxSession.Id, Stop);
        }

        return new(identity, noise, plain, secured.Channel) { _recording = recording, _ownsIdentity = ownsIdentity };
    }

    /// <summary>Accepts one connection, naming no muxer in the handshake; <paramref name="identity"/> is its to dispose.</summary>
    public static async Task<RawPeer> AcceptAsync(ITransportListener listener, Identity identity)
    {
        NoiseSecurity noise = new(identity, []);
        PlainChannel plain = new((await listener.AcceptAsync(Stop))!);
        await ChannelNegotiation.AnswerAsync(plain, NoiseSecurity.Id, Stop);
        SecuredChannel secured = await noise.SecureAsync(plain, isInitiator: false, expected: null, Stop);
        await ChannelNegotiation.AnswerAsync(secured.Channel, YamuxSession.Id, Stop);
        return new(identity, noise, plain, secured.Channel);
    }

    public ValueTask SendAsync(FrameType type, FrameFlags flags, uint stream, uint length, ReadOnlyMemory<byte> body = default)
    {
        byte[] frame = new byte[FrameHeader.Bytes + body.Length];
        new FrameHeader(type, flags, stream, length).Write(frame);
        body.CopyTo(frame.AsMemory(FrameHeader.Bytes));
        return Channel.SendAsync(frame, Stop);
    }

    public ValueTask SendDataAsync(uint stream, ReadOnlyMemory<byte> body, FrameFlags flags = FrameFlags.None) =>
        SendAsync(FrameType.Data, flags, stream, (uint)body.Length, body);

    /// <summary>Opens a stream with the proposal of a protocol.</summary>
    public ValueTask OpenAsync(uint stream, string protocol)
    {
        ArrayBufferWriter<byte> proposal = new();
        MultistreamMessage.Write(proposal, MultistreamMessage.Header);
        MultistreamMessage.Write(proposal, protocol);
        return SendDataAsync(stream, proposal.WrittenMemory, FrameFlags.Syn);
    }

    /// <summary>Answers the target's question who this is, with these protocols.</summary>
    public async Task IdentifyAsync(params string[] protocols)
    {
        (FrameHeader opened, _) = await ReceiveAsync(frame => (frame.Flags & FrameFlags.Syn) != 0 && frame.StreamId != 0);
        ArrayBufferWriter<byte> answer = new();
        MultistreamMessage.Write(answer, MultistreamMessage.Header);
        MultistreamMessage.Write(answer, IdentifyProtocol.Id);
        LengthPrefixed.Write(answer, new IdentifyMessage { Protocols = [.. protocols] }.Encode());
        await SendDataAsync(opened.StreamId, answer.WrittenMemory, FrameFlags.Ack | FrameFlags.Fin);
    }

    /// <summary>The next frame, or null at the end of the connection.</summary>
    public async Task<(FrameHeader Header, byte[] Body)?> ReceiveAsync()
    {
        if (await TakeAsync(FrameHeader.Bytes) is not { } head)
        {
            return null;
        }

        Assert.Equal(OperationStatus.Done, FrameHeader.TryRead(head, out FrameHeader header));
        byte[]? body = header.Type == FrameType.Data ? await TakeAsync((int)header.Length) : [];
        return body is null ? null : (header, body);
    }

    /// <summary>The next frame that fits; frames before it are passed over. Fails at the end of the connection.</summary>
    public async Task<(FrameHeader Header, byte[] Body)> ReceiveAsync(Func<FrameHeader, bool> fits)
    {
        while (await ReceiveAsync() is { } frame)
        {
            if (fits(frame.Header))
            {
                return frame;
            }
        }

        throw new InvalidOperationException("The connection ended before the frame came.");
    }

    /// <summary>Reads to the end of the connection and returns the code it went away with; null where it just ended.</summary>
    public async Task<GoAwayCode?> ReceiveGoAwayAsync()
    {
        GoAwayCode? code = null;
        while (await ReceiveAsync() is { } frame)
        {
            code = frame.Header.Type == FrameType.GoAway ? (GoAwayCode)frame.Header.Length : code;
        }

        return code;
    }

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        _noise.Dispose();
        if (_ownsIdentity)
        {
            _identity.Dispose();
        }
    }

    private async Task<byte[]?> TakeAsync(int count)
    {
        while (_unread.Length < count)
        {
            ReadOnlyMemory<byte> more;
            try
            {
                more = await Channel.ReadAsync(Stop);
            }
            catch (ConnectionLostException)
            {
                return null;
            }

            if (more.IsEmpty)
            {
                return null;
            }

            _unread = [.. _unread, .. more.Span];
            Channel.Advance(more.Length);
        }

        byte[] taken = _unread[..count];
        _unread = _unread[count..];
        return taken;
    }

    private sealed class RecordingConnection(TransportConnection connection) : TransportConnection
    {
        public byte[] LastSent { get; private set; } = [];

        public override Multiaddress LocalAddress => connection.LocalAddress;

        public override Multiaddress RemoteAddress => connection.RemoteAddress;

        public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => connection.ReceiveAsync(buffer, cancellationToken);

        public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            LastSent = bytes.ToArray();
            return connection.SendAsync(bytes, cancellationToken);
        }

        public override ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
