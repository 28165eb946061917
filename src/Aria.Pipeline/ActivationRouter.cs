using Aria.Libp2p;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Streams;
using Microsoft.Extensions.Logging;

namespace Aria.Pipeline;

/// <summary>
/// Takes a peer's incoming data streams to the sessions they name; stages and gateway of one peer share it, since they share the protocol. A
/// stream that names no session here, comes from another peer than the session awaits, or is not the first, is reset (specs/pipeline.md §1, §3).
/// </summary>
public sealed partial class ActivationRouter
{
    private static readonly TimeSpan BeginTimeout = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<SessionKey, Awaited> _awaited = [];

    /// <summary>Serves <see cref="PipelineProtocols.Activation"/> on <paramref name="peer"/>.</summary>
    public ActivationRouter(LocalPeer peer, TimeProvider time, ILogger<ActivationRouter> logger)
    {
        ArgumentNullException.ThrowIfNull(peer);
        Peer = peer;
        _time = time;
        _logger = logger;
        peer.Handle(PipelineProtocols.Activation, HandleAsync);
    }

    /// <summary>The peer.</summary>
    public LocalPeer Peer { get; }

    /// <summary>Takes a stream whose <c>begin</c> is read, until its end.</summary>
    internal delegate Task Receiver(PeerStream stream, FrameReader frames, CancellationToken cancellationToken);

    /// <summary>Awaits the one data stream of a session; false if one of that name is awaited already.</summary>
    internal bool TryAwait(SessionKey session, PeerId sender, Receiver receiver)
    {
        lock (_lock)
        {
            return _awaited.TryAdd(session, new(sender, receiver));
        }
    }

    /// <summary>Awaits it no more. True if its stream had come: then the receiver was, or is about to be, called.</summary>
    internal bool Forget(SessionKey session)
    {
        lock (_lock)
        {
            return _awaited.Remove(session, out Awaited? awaited) && awaited.Taken;
        }
    }

    private async Task HandleAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        using FrameReader frames = new(stream.Input);
        if (await BeginAsync(stream, frames, cancellationToken) is not { } receiver)
        {
            stream.Reset();
            return;
        }

        await receiver(stream, frames, cancellationToken);
    }

    private async Task<Receiver?> BeginAsync(PeerStream stream, FrameReader frames, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(BeginTimeout, _time);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            if (await frames.ReadAsync(ActivationFrame.MaxBeginBytes, linked.Token) is not { } bytes
                || ActivationFrame.TryDecode(bytes, out ActivationFrame begin) != System.Buffers.OperationStatus.Done
                || begin.Kind != FrameKind.Begin)
            {
                LogNoBegin(_logger, stream.RemotePeer);
                return null;
            }

            Receiver? receiver = Take(begin.To, stream.RemotePeer);
            if (receiver is null)
            {
                LogNotAwaited(_logger, stream.RemotePeer, begin.To);
            }

            return receiver;
        }
        catch (Exception broken) when (broken is Libp2pException or IOException or MalformedStreamException or OperationCanceledException)
        {
            return null;
        }
    }

    private Receiver? Take(SessionKey session, PeerId sender)
    {
        lock (_lock)
        {
            if (!_awaited.TryGetValue(session, out Awaited? awaited) || awaited.Taken || awaited.Sender != sender)
            {
                return null;
            }

            awaited.Taken = true;
            return awaited.Receiver;
        }
    }

    private sealed class Awaited(PeerId sender, Receiver receiver)
    {
        public PeerId Sender { get; } = sender;

        public Receiver Receiver { get; } = receiver;

        public bool Taken { get; set; }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A data stream of {Peer} did not begin as one; it was reset")]
    private static partial void LogNoBegin(ILogger logger, PeerId peer);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Peer} may not feed session {Session}; its stream was reset")]
    private static partial void LogNotAwaited(ILogger logger, PeerId peer, SessionKey session);
}
