namespace Aria.Libp2p.Nat.Probing;

/// <summary>What a peer does for others that want to know whether they can be reached (specs/nat.md §2).</summary>
public sealed record ProbeServerOptions
{
    /// <summary>Requests in a minute from all peers.</summary>
    public int MaxRequestsPerMinute { get; init; } = 60;

    /// <summary>Requests in a minute from one peer.</summary>
    public int MaxRequestsPerMinuteAndPeer { get; init; } = 12;

    /// <summary>Dials at a time.</summary>
    public int MaxDials { get; init; } = 8;

    /// <summary>True where loopback and private addresses are dialed too: for networks that are private as a whole, and for tests.</summary>
    public bool DialsPrivate { get; init; }

    /// <summary>The bytes that v2 asks for before it dials another IP address than the asking peer's: as many at least.</summary>
    public int MinDialDataBytes { get; init; } = 30_000;

    /// <summary>And at most.</summary>
    public int MaxDialDataBytes { get; init; } = 100_000;

    /// <summary>The longest random pause before such a dial.</summary>
    public TimeSpan MaxDialDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a request may take, dials included.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one dial may take, with what is said over it.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
