namespace Aria.Libp2p.Nat.Circuits;

/// <summary>A relay refused a reservation or a circuit.</summary>
public sealed class CircuitRefusedException(PeerId relay, CircuitStatus status) : Libp2pException($"The relay {relay} refused: {status} ({(int)status}).")
{
    /// <summary>The relay.</summary>
    public PeerId Relay { get; } = relay;

    /// <summary>Its reason.</summary>
    public CircuitStatus Status { get; } = status;
}
