namespace Aria.Libp2p.KadDht.Telemetry;

/// <summary>What a peer does against the protocol.</summary>
internal enum Offence
{
    /// <summary>A request that is too long, cut off, or no message.</summary>
    MalformedRequest,

    /// <summary>More requests than one peer is answered.</summary>
    TooManyRequests,

    /// <summary>An answer that is too long, cut off, of another type, or no message.</summary>
    WrongAnswer,

    /// <summary>A value that its namespace does not allow, given as an answer.</summary>
    InvalidValue,
}
