using Aria.Libp2p;

namespace Aria.Discovery;

/// <summary>What a capability record may at most hold, and for how long it counts (specs/discovery.md §3).</summary>
public static class CapabilityBounds
{
    /// <summary>Bytes of a network id, a model's name or a numeric spec's id, as UTF-8; at least one.</summary>
    public const int NameBytes = 64;

    /// <summary>Addresses of a node.</summary>
    public const int Addresses = 16;

    /// <summary>Bytes of one address.</summary>
    public const int AddressBytes = 256;

    /// <summary>Spans that a node serves.</summary>
    public const int Served = 32;

    /// <summary>Layers of a model.</summary>
    public const int Layers = 4096;

    /// <summary>From publishing to expiry.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromMinutes(3);

    /// <summary>The furthest expiry that a reader believes: the lifetime and two minutes between clocks.</summary>
    public static TimeSpan MaxLifetime { get; } = TimeSpan.FromMinutes(5);

    /// <summary>Between two publications of a record that did not change.</summary>
    public static TimeSpan PublishInterval { get; } = TimeSpan.FromSeconds(60);
}
