namespace Aria.Libp2p.Nat.Circuits;

/// <summary>The bounds of a peer that listens and dials through relays (specs/nat.md §1.4).</summary>
public sealed record CircuitOptions
{
    /// <summary>Circuits from one relay that wait to be accepted.</summary>
    public int MaxWaitingCircuits { get; init; } = 16;

    /// <summary>How long a relay may take to answer a request for a reservation, and to say whose circuit it brings.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The shortest pause before a reservation is refreshed, whatever expiry the relay names.</summary>
    public TimeSpan MinRefreshPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause before a reservation is refreshed.</summary>
    public TimeSpan MaxRefreshPause { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Before a lost or refused relay is asked again, doubled with each failure in a row.</summary>
    public TimeSpan FirstRetryPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause before a lost or refused relay is asked again.</summary>
    public TimeSpan MaxRetryPause { get; init; } = TimeSpan.FromMinutes(5);
}
