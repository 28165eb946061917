namespace Aria.Libp2p.KadDht.Routing;

/// <summary>What became of a contact offered to the routing table.</summary>
internal enum AddOutcome
{
    /// <summary>It is in the table now.</summary>
    Added,

    /// <summary>It was there before.</summary>
    Known,

    /// <summary>Its bucket is full; it waits for a place.</summary>
    Waiting,

    /// <summary>Too many of its IP group are there.</summary>
    GroupFull,

    /// <summary>It is this peer itself.</summary>
    Self,
}
