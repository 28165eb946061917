using System.IO.Pipelines;

namespace Aria.Libp2p;

/// <summary>
/// A two-way flow of bytes with an authenticated peer, for one protocol. Completing <see cref="Output"/> tells the other end that no more
/// comes; its own direction stays open. Reads and flushes throw <see cref="StreamResetException"/> once either end abandoned the stream and
/// <see cref="ConnectionLostException"/> once the connection is gone.
/// </summary>
public sealed class PeerStream : IDuplexPipe, IAsyncDisposable
{
    private PeerStream(PeerId remotePeer, string protocol)
    {
        RemotePeer = remotePeer;
        Protocol = protocol;
    }

    /// <summary>The authenticated other end.</summary>
    public PeerId RemotePeer { get; }

    /// <summary>The agreed protocol.</summary>
    public string Protocol { get; }

    /// <inheritdoc/>
    public PipeReader Input => throw new NotImplementedException();

    /// <inheritdoc/>
    public PipeWriter Output => throw new NotImplementedException();

    /// <summary>Abandons the stream at once, both ways.</summary>
    public void Reset() => throw new NotImplementedException();

    /// <summary>Closes the stream in order: what was flushed is still delivered, what arrives is dropped.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();

    /// <summary>Two connected ends in memory: <c>A</c> is held by <paramref name="a"/> and leads to <paramref name="b"/>.</summary>
    public static (PeerStream A, PeerStream B) CreatePair(PeerId a, PeerId b, string protocol) => throw new NotImplementedException();
}
