using Aria.Libp2p.Multistream;
using Aria.Libp2p.Streams;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Connections;

/// <summary>A live connection to a peer: agrees on the protocol of every stream, in both directions, and runs the handlers.</summary>
internal sealed class PeerConnection(
    MuxedConnection muxed, Multiaddress remoteAddress, bool isOutbound, ProtocolTable protocols, LocalPeerOptions options, TimeProvider time, TaskSet tasks,
    PeerMetrics metrics, ILogger logger)
{
    private int _serving;

    public PeerId RemotePeer => muxed.RemotePeer;

    /// <summary>The other end's address on this connection, without its peer.</summary>
    public Multiaddress RemoteAddress { get; } = remoteAddress;

    public bool IsOutbound { get; } = isOutbound;

    public Task Closed => muxed.Closed;

    /// <summary>False once either end goes away: open streams finish, new ones need another connection.</summary>
    public bool TakesStreams => muxed.TakesStreams;

    /// <summary>How long no stream has been open; null while one is.</summary>
    public TimeSpan? IdleFor => muxed.IdleFor;

    /// <summary>What the remote end did to end the connection, where it broke the protocol.</summary>
    public ProtocolViolationException? Violation => muxed.Violation;

    /// <summary>Begins to serve the remote end's streams, with <paramref name="stop"/> for the handlers.</summary>
    public void Start(CancellationToken stop) => muxed.Start(stream =>
    {
        // A remote end that opens and resets streams faster than they are served gets no further.
        if (Interlocked.Increment(ref _serving) > 2 * options.MaxInboundStreams)
        {
            Interlocked.Decrement(ref _serving);
            metrics.StreamRefused("busy");
            stream.Reset();
            return;
        }

        tasks.Run(() => ServeAsync(stream, stop));
    });

    /// <summary>Opens a stream for the first of <paramref name="proposals"/> that the remote end speaks.</summary>
    public async Task<PeerStream> OpenStreamAsync(IReadOnlyList<string> proposals, CancellationToken cancellationToken)
    {
        MuxedStream stream = muxed.OpenStream();
        try
        {
            using CancellationTokenSource deadline = new(options.NegotiationTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
            string? agreed;
            try
            {
                agreed = await StreamNegotiation.ProposeAsync(stream, proposals, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new ConnectionLostException($"{RemotePeer} did not answer the proposal of {string.Join(", ", proposals)} within {options.NegotiationTimeout.TotalSeconds:0.###} s.");
            }

            return agreed is not null
                ? new(stream, RemotePeer, agreed, RemoteAddress)
                : throw new ProtocolNotSupportedException($"{RemotePeer} does not speak {string.Join(", ", proposals)}.");
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    public ValueTask CloseAsync() => muxed.DisposeAsync();

    private async Task ServeAsync(MuxedStream stream, CancellationToken stop)
    {
        try
        {
            if (await AgreeAsync(stream, stop).ConfigureAwait(false) is { } agreed && protocols.TryGet(agreed, out StreamHandler? handler))
            {
                await InboundStream.HandleAsync(new(stream, RemotePeer, agreed, RemoteAddress), handler, logger, stop).ConfigureAwait(false);
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
            return await StreamNegotiation.AnswerAsync(stream, protocols.Speaks, either.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Libp2pException or OperationCanceledException)
        {
            return null;
        }
    }
}
