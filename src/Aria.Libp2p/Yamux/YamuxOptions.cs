namespace Aria.Libp2p.Yamux;

/// <summary>The bounds and timeouts of one yamux session.</summary>
internal sealed record YamuxOptions
{
    /// <summary>What a new stream may receive before anything was granted: the protocol's, in both directions.</summary>
    public const int InitialWindowBytes = 256 * 1024;

    /// <summary>How far a stream's receive window grows.</summary>
    public const int MaxWindowBytes = 16 * 1024 * 1024;

    /// <summary>By how much all receive windows of a session together may exceed their initial size.</summary>
    public const long MaxGrowthBytes = 64 * 1024 * 1024;

    /// <summary>Bytes that wait in a stream for the connection before its writer is held up.</summary>
    public const int MaxSendBufferBytes = 256 * 1024;

    /// <summary>Streams opened here that the remote end has not acknowledged.</summary>
    public const int MaxUnacknowledgedStreams = 256;

    /// <summary>Refusals of streams that wait to be sent; a remote end that causes more ends the session.</summary>
    public const int MaxPendingRefusals = 1024;

    public int MaxInboundStreams { get; init; } = 1000;

    public int MaxOutboundStreams { get; init; } = 1000;

    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a stream that this end closed waits for the remote end's close before it is reset.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the end of a session waits for its last bytes to be sent.</summary>
    public TimeSpan GoAwayTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
