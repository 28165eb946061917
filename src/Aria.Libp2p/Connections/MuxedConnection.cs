using Aria.Libp2p.Streams;

namespace Aria.Libp2p.Connections;

/// <summary>An authenticated connection that carries streams.</summary>
internal abstract class MuxedConnection : IAsyncDisposable
{
    public abstract PeerId RemotePeer { get; }

    /// <summary>Completes, without an exception, once the connection is gone.</summary>
    public abstract Task Closed { get; }

    /// <summary>False once either end goes away: open streams finish, new ones need another connection.</summary>
    public abstract bool TakesStreams { get; }

    /// <summary>How long no stream has been open; null while one is.</summary>
    public abstract TimeSpan? IdleFor { get; }

    /// <summary>What the remote end did to end the connection, where it broke the protocol.</summary>
    public abstract ProtocolViolationException? Violation { get; }

    /// <summary>Begins to carry; the remote end's streams come to <paramref name="accept"/>, which must return at once.</summary>
    public abstract void Start(Action<MuxedStream> accept);

    /// <summary>Does what time asks for: keep-alive, what lingers, what rests. Called about once a second from when it was started; returns at once.</summary>
    public abstract void Tick();

    /// <summary>Opens a stream without waiting for the remote end; throws <see cref="ConnectionLostException"/> and <see cref="ResourceLimitException"/>.</summary>
    public abstract MuxedStream OpenStream();

    /// <summary>Ends the connection; streams that are still open fail as lost.</summary>
    public abstract ValueTask DisposeAsync();
}
