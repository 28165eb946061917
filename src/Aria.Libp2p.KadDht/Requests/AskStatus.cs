namespace Aria.Libp2p.KadDht.Requests;

/// <summary>What came of a request.</summary>
internal enum AskStatus
{
    /// <summary>An answer, or for a request without one: the peer took it.</summary>
    Answered,

    /// <summary>The peer reset the stream: it is there and will not do this.</summary>
    Refused,

    /// <summary>No connection.</summary>
    Unreachable,

    /// <summary>There is a connection, but no answer came in time: a busy peer or a broken one.</summary>
    Silent,

    /// <summary>The peer does not speak the protocol, or not properly.</summary>
    Wrong,

    /// <summary>This peer is being disposed.</summary>
    Cancelled,
}
