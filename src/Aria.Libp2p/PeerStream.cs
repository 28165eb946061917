using System.IO.Pipelines;
using Aria.Libp2p.Streams;

namespace Aria.Libp2p;

/// <summary>
/// A two-way flow of bytes with an authenticated peer, for one protocol. Completing <see cref="Output"/> tells the other end that no more
/// comes; its own direction stays open. Reads and flushes throw <see cref="StreamResetException"/> once either end abandoned the stream and
/// <see cref="ConnectionLostException"/> once the connection is gone. One reader and one writer at a time.
/// </summary>
public sealed class PeerStream : IDuplexPipe, IAsyncDisposable
{
    private readonly MuxedStream _stream;

    internal PeerStream(MuxedStream stream, PeerId remotePeer, string protocol, Multiaddress? remoteAddress = null, Multiaddress? localAddress = null)
    {
        _stream = stream;
        LocalAddress = localAddress;
        RemoteAddress = remoteAddress;
        RemotePeer = remotePeer;
        Protocol = protocol;
    }

    /// <summary>The authenticated other end.</summary>
    public PeerId RemotePeer { get; }

    /// <summary>The other end's address on the stream's connection; null for streams within the process.</summary>
    public Multiaddress? RemoteAddress { get; }

    /// <summary>This end's address on the stream's connection; null for streams within the process.</summary>
    public Multiaddress? LocalAddress { get; }

    /// <summary>The agreed protocol.</summary>
    public string Protocol { get; }

    /// <inheritdoc/>
    public PipeReader Input => _stream.Input;

    /// <summary>Where to write. A flush completes once the stream's send buffer has room again, not once the other end has read.</summary>
    public PipeWriter Output => _stream.Output;

    /// <summary>Abandons the stream at once, both ways: the other end's reads and flushes fail too.</summary>
    public void Reset() => _stream.Reset();

    /// <summary>Closes the stream in order: what was written is still delivered, what arrives is dropped.</summary>
    public async ValueTask DisposeAsync()
    {
        await Output.CompleteAsync().ConfigureAwait(false);
        await Input.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>Two connected ends in memory: <c>A</c> is held by <paramref name="a"/> and leads to <paramref name="b"/>.</summary>
    public static (PeerStream A, PeerStream B) CreatePair(PeerId a, PeerId b, string protocol)
    {
        (MemoryStreamEnd atA, MemoryStreamEnd atB) = MemoryStreamEnd.CreatePair();
        return (new(atA, b, protocol), new(atB, a, protocol));
    }
}
