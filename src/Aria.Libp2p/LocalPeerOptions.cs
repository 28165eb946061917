namespace Aria.Libp2p;

/// <summary>The names, bounds and timeouts of a <see cref="LocalPeer"/> (specs/transport.md §8).</summary>
public sealed record LocalPeerOptions
{
    /// <summary>The software, told to every peer; at most 64 characters.</summary>
    public string AgentVersion { get; init; } = "libp2p-dotnet/0.1.0";

    /// <summary>The protocol family, told to every peer; at most 64 characters.</summary>
    public string ProtocolVersion { get; init; } = "ipfs/0.1.0";

    /// <summary>Connections to all peers together.</summary>
    public int MaxConnections { get; init; } = 300;

    /// <summary>With more connections than this, those that nobody uses end until <see cref="LowWaterConnections"/> are left.</summary>
    public int HighWaterConnections { get; init; } = 256;

    /// <summary>How many connections are left when there were too many.</summary>
    public int LowWaterConnections { get; init; } = 192;

    /// <summary>How long a new connection is left alone whatever their number.</summary>
    public TimeSpan ConnectionGrace { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Connections to one peer.</summary>
    public int MaxConnectionsPerPeer { get; init; } = 8;

    /// <summary>Inbound connections that have not finished their handshake.</summary>
    public int MaxInboundHandshakes { get; init; } = 64;

    /// <summary>Inbound connections from one host: an IPv4 address or an IPv6 network of 56 bits.</summary>
    public int MaxInboundConnectionsPerHost { get; init; } = 16;

    /// <summary>Inbound connections from one host in a second, over time.</summary>
    public double MaxInboundConnectionsPerHostAndSecond { get; init; } = 5;

    /// <summary>Inbound connections from one host at once, before that rate holds.</summary>
    public int InboundConnectionsBurst { get; init; } = 16;

    /// <summary>True where loopback and private addresses count as hosts too.</summary>
    public bool CountPrivateHosts { get; init; }

    /// <summary>Open streams that one connection's remote end may have opened.</summary>
    public int MaxInboundStreams { get; init; } = 1000;

    /// <summary>Streams of one peer that are served at the same time, over all connections to it.</summary>
    public int MaxInboundStreamsPerPeer { get; init; } = 2000;

    /// <summary>By how much all receive windows of all connections may exceed their initial size, in bytes.</summary>
    public long MaxWindowGrowthBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Bytes that were received on streams of all connections and not read yet; whose stream brings more is reset.</summary>
    public long MaxUnreadBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>Open streams that this end may have on one connection.</summary>
    public int MaxOutboundStreams { get; init; } = 1000;

    /// <summary>Addresses kept for one peer.</summary>
    public int MaxAddressesPerPeer { get; init; } = 25;

    /// <summary>Peers that addresses are kept for.</summary>
    public int MaxKnownPeers { get; init; } = 10_000;

    /// <summary>A file that keeps the addresses of peers that proved themselves, read at the start and written now and then; null: none.</summary>
    public string? PeerStorePath { get; init; }

    /// <summary>From an accepted or dialed byte connection to an authenticated one.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From a dial of one address to its authenticated connection.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a stream that runs on no limited connection waits for a direct one to a peer that is reached through a relay, as hole punching gives it; <see cref="TimeSpan.Zero"/>: no relay is dialed for
    /// such a stream.
    /// </summary>
    public TimeSpan DirectConnectionWait { get; init; } = TimeSpan.Zero;

    /// <summary>From a stream's first byte to its agreed protocol.</summary>
    public TimeSpan NegotiationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two pings that keep a connection alive and measure its round trip; <see cref="Timeout.InfiniteTimeSpan"/> sends none.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a keep-alive ping may go unanswered; after two in a row the connection counts as lost.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an address that could not be dialed is passed over, doubled with each failure in a row.</summary>
    public TimeSpan DialBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest time an address is passed over.</summary>
    public TimeSpan MaxDialBackoff { get; init; } = TimeSpan.FromMinutes(1);
}
