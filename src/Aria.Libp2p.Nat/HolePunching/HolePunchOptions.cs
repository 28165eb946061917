namespace Aria.Libp2p.Nat.HolePunching;

/// <summary>How a relayed connection is turned into a direct one (specs/nat.md §3).</summary>
public sealed record HolePunchOptions
{
    /// <summary>How often both ends dial each other before it is left at that.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>How long a message of the other end may take.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a dial may take, the plain one before the first attempt too.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Peers with which this peer does so at a time; others stay with their relay.</summary>
    public int MaxAtATime { get; init; } = 16;

    /// <summary>True where loopback and private addresses are dialed and told too: for networks that are private as a whole, and for tests.</summary>
    public bool UsesPrivate { get; init; }
}
