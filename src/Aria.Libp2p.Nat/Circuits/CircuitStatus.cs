namespace Aria.Libp2p.Nat.Circuits;

/// <summary>How a relay, or the target of a circuit, answers (specs/nat.md §1). Other numbers may come from other implementations and mean a refusal.</summary>
public enum CircuitStatus
{
    /// <summary>No status was given.</summary>
    None = 0,

    /// <summary>Granted.</summary>
    Ok = 100,

    /// <summary>The relay takes no reservation.</summary>
    ReservationRefused = 200,

    /// <summary>A limit of the relay, or of the target, is reached.</summary>
    ResourceLimitExceeded = 201,

    /// <summary>The asking peer may not, as over a connection that is relayed itself.</summary>
    PermissionDenied = 202,

    /// <summary>The target did not answer the relay, or refused.</summary>
    ConnectionFailed = 203,

    /// <summary>The target holds no reservation at this relay.</summary>
    NoReservation = 204,

    /// <summary>The request could not be read.</summary>
    MalformedMessage = 400,

    /// <summary>Another message was due.</summary>
    UnexpectedMessage = 401,
}
