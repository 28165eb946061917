namespace Aria.Libp2p.Nat.Circuits;

/// <summary>What a relay gives away (specs/nat.md §1.3).</summary>
public sealed record RelayOptions
{
    /// <summary>Peers that hold a reservation.</summary>
    public int MaxReservations { get; init; } = 128;

    /// <summary>Reservations of peers that come from one host: an IPv4 address or an IPv6 network of 56 bits.</summary>
    public int MaxReservationsPerHost { get; init; } = 8;

    /// <summary>True where loopback and private addresses count as hosts too.</summary>
    public bool CountPrivateHosts { get; init; }

    /// <summary>Circuits at a time.</summary>
    public int MaxCircuits { get; init; } = 256;

    /// <summary>Circuits that one peer is an end of.</summary>
    public int MaxCircuitsPerPeer { get; init; } = 16;

    /// <summary>How long a reservation holds; whole seconds.</summary>
    public TimeSpan ReservationTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>After which a circuit ends; whole seconds, <see cref="TimeSpan.Zero"/> for no limit.</summary>
    public TimeSpan MaxCircuitTime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The bytes that a circuit carries in each direction before it ends; 0 for no limit.</summary>
    public long MaxCircuitBytes { get; init; } = 128 * 1024;

    /// <summary>How long a peer may take for its request, and the target of a circuit for its answer.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(8);

    internal CircuitLimit Limit => new((uint)MaxCircuitTime.TotalSeconds, (ulong)MaxCircuitBytes);
}
