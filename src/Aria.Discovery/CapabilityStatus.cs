namespace Aria.Discovery;

/// <summary>What a reader says of the bytes under a capability key (specs/discovery.md §4).</summary>
public enum CapabilityStatus
{
    /// <summary>A record that may be believed to be its node's word.</summary>
    Done,

    /// <summary>The key is no <c>/aria/node/</c> and a peer id of an Ed25519 key.</summary>
    BadKey,

    /// <summary>More than <see cref="CapabilityRecord.MaxBytes"/>.</summary>
    TooLong,

    /// <summary>No envelope, or its signature does not verify for this domain and type.</summary>
    BadSignature,

    /// <summary>Signed by another peer than the key names, or about another node.</summary>
    Foreign,

    /// <summary>A version that this reader does not know.</summary>
    UnknownVersion,

    /// <summary>Not the one spelling of a record, or beyond its bounds.</summary>
    NotCanonical,

    /// <summary>Past its expiry.</summary>
    Expired,

    /// <summary>Its expiry is further away than a record may live.</summary>
    TooLongLived,
}
