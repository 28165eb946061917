namespace Aria.Provenance.Signatures;

/// <summary>What came of reading bytes from someone else.</summary>
public enum OpenStatus
{
    /// <summary>Read, and where a signature belongs to it, verified.</summary>
    Done,

    /// <summary>Longer than <see cref="Limits"/> allow.</summary>
    TooLong,

    /// <summary>Not the one spelling that specs/provenance.md gives it, or a value out of its range.</summary>
    NotCanonical,

    /// <summary>A version that this reader does not know.</summary>
    UnknownVersion,

    /// <summary>The signature is not the named signer's.</summary>
    WrongSignature,
}
