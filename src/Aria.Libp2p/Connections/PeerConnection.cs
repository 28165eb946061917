using Aria.Libp2p.Multistream;
using Aria.Libp2p.Streams;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Connections;

/// <summary>A live connection to a peer: agrees on the protocol of every stream, in both directions, and runs the handlers.</summary>
internal sealed partial class PeerConnection(
    MuxedConnection muxed, Multiaddress localAddress, Multiaddress remoteAddress, bool isOutbound, bool isLimited, ProtocolTable protocols, LocalPeerOptions options, TimeProvider time, TaskSet tasks,
    PeerMetrics metrics, Func<PeerId, string, bool> isKnownToSpeak, Func<PeerId, int> servedStreams, SeldomLogged seldom, ILogger logger)
{
    private readonly long _begun = time.GetTimestamp();
    private int _serving;

    public PeerId RemotePeer => muxed.RemotePeer;

    /// <summary>The other end's address on this connection, without its peer.</summary>
    public Multiaddress RemoteAddress { get; } = remoteAddress;

    public bool IsOutbound { get; } = isOutbound;

    /// <summary>True where a relay ends it after a while or a number of bytes.</summary>
    public bool IsLimited { get; } = isLimited;

    public Task Closed => muxed.Closed;

    /// <summary>False once either end goes away: open streams finish, new ones need another connection.</summary>
    public bool TakesStreams => muxed.TakesStreams;

    /// <summary>How long no stream has been open; null while one is.</summary>
    public TimeSpan? IdleFor => muxed.IdleFor;

    /// <summary>How long the connection has been there.</summary>
    public TimeSpan Age => time.GetElapsedTime(_begun);

    /// <summary>How many of the remote end's streams are being served.</summary>
    public int ServedStreams => Volatile.Read(ref _serving);

    /// <summary>What the remote end did to end the connection, where it broke the protocol.</summary>
    public ProtocolViolationException? Violation => muxed.Violation;

    /// <summary>Begins to serve the remote end's streams, with <paramref name="stop"/> for the handlers.</summary>
    public void Start(CancellationToken stop) => muxed.Start(stream =>
    {
        // A remote end that opens and resets streams faster than they are served gets no further.
        string? excess = Interlocked.Increment(ref _serving) > 2 * options.MaxInboundStreams ? "busy"
            : servedStreams(RemotePeer) > options.MaxInboundStreamsPerPeer ? "peer"
            : null;
        if (excess is not null)
        {
            Interlocked.Decrement(ref _serving);
            metrics.StreamRefused(excess);
            stream.Reset();
            return;
        }

        tasks.Run(() => ServeAsync(stream, stop));
    });

    /// <summary>
    /// Opens a stream for a protocol. Where the remote end is known to speak it, nothing is waited for and the proposal leaves with the first bytes;
    /// elsewhere the agreement is awaited.
    /// </summary>
    public async Task<PeerStream> OpenStreamAsync(string protocol, CancellationToken cancellationToken)
    {
        MuxedStream stream = muxed.OpenStream();
        try
        {
            if (isKnownToSpeak(RemotePeer, protocol))
            {
                LazilyAgreedStream lazy = LazilyAgreedStream.Propose(stream, protocol, $"{RemotePeer} does not speak {protocol}.");
                await lazy.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
                return new(lazy, RemotePeer, protocol, RemoteAddress, localAddress);
            }

            using CancellationTokenSource deadline = new(options.NegotiationTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
            string? agreed;
            try
            {
                agreed = await StreamNegotiation.ProposeAsync(stream, [protocol], either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new ConnectionLostException($"{RemotePeer} did not answer the proposal of {protocol} within {options.NegotiationTimeout.TotalSeconds:0.###} s.");
            }

            return agreed is not null
                ? new(stream, RemotePeer, agreed, RemoteAddress, localAddress)
                : throw new ProtocolNotSupportedException($"{RemotePeer} does not speak {protocol}.");
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    /// <summary>Does what time asks for; called about once a second.</summary>
    public void Tick() => muxed.Tick();

    public ValueTask CloseAsync() => muxed.DisposeAsync();

    private async Task ServeAsync(MuxedStream stream, CancellationToken stop)
    {
        try
        {
            if (await AgreeAsync(stream, stop).ConfigureAwait(false) is { } agreed && protocols.TryGet(agreed, out StreamHandler? handler))
            {
                if (await InboundStream.HandleAsync(new(stream, RemotePeer, agreed, RemoteAddress, localAddress), handler, logger, stop).ConfigureAwait(false) is { } violation)
                {
                    if (seldom.IsDue("broke a stream", RemoteAddress))
                    {
                        LogViolated(logger, RemotePeer, RemoteAddress, agreed, violation.Message);
                    }

                    metrics.StreamViolated(agreed);
                }

                return;
            }

            metrics.StreamRefused("protocol");
            stream.Reset();
        }
        finally
        {
            Interlocked.Decrement(ref _serving);
        }
    }

    private async Task<string?> AgreeAsync(MuxedStream stream, CancellationToken stop)
    {
        using CancellationTokenSource deadline = new(options.NegotiationTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stop, deadline.Token);
        try
        {
            return await StreamNegotiation.AnswerAsync(stream, protocol => protocols.Speaks(protocol, IsLimited), either.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Libp2pException or OperationCanceledException)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Peer} at {Address} broke {Protocol} and its stream was reset: {Reason}")]
    private static partial void LogViolated(ILogger logger, PeerId peer, Multiaddress address, string protocol, string reason);
}
