namespace Aria.Libp2p.Nat.Probing;

/// <summary>What one server found out about one address.</summary>
public enum ProbeOutcome
{
    /// <summary>Nothing: it refused, or did not try.</summary>
    Unknown = 0,

    /// <summary>It reached this peer at the address.</summary>
    Reached = 1,

    /// <summary>It tried and did not.</summary>
    NotReached = 2,
}

/// <summary>A server's answer: what it found out, and about which address; null where about none.</summary>
public sealed record ProbeAnswer(ProbeOutcome Outcome, Multiaddress? Address);

// AutoNAT v1: E_DIAL_ERROR, E_DIAL_REFUSED, E_BAD_REQUEST, E_INTERNAL_ERROR.
internal enum V1Status
{
    Ok = 0,
    DialError = 100,
    DialRefused = 101,
    BadRequest = 200,
    InternalError = 300,
}

// AutoNAT v2, of the request: E_INTERNAL_ERROR, E_REQUEST_REJECTED, E_DIAL_REFUSED, OK.
internal enum V2Status
{
    InternalError = 0,
    RequestRejected = 100,
    DialRefused = 101,
    Ok = 200,
}

// AutoNAT v2, of the dial: UNUSED, E_DIAL_ERROR, E_DIAL_BACK_ERROR, OK.
internal enum V2DialStatus
{
    Unused = 0,
    DialError = 100,
    DialBackError = 101,
    Ok = 200,
}
