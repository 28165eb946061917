namespace Aria.Libp2p.KadDht.Records;

/// <summary>What became of a value offered to the store.</summary>
internal enum OfferOutcome
{
    /// <summary>It is held now; a worse one, if any, is gone.</summary>
    Stored,

    /// <summary>The same bytes were held; their lifetime begins anew.</summary>
    Renewed,

    /// <summary>A better one is held.</summary>
    Worse,

    /// <summary>The namespace is unknown, or its validator refuses the value.</summary>
    Invalid,

    /// <summary>There is no room, and what is held stands closer to this peer.</summary>
    Full,
}
