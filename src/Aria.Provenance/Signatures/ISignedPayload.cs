namespace Aria.Provenance.Signatures;

/// <summary>A value that one node signs: it knows its signer, its domain and its one spelling.</summary>
public interface ISignedPayload<TSelf>
    where TSelf : class, ISignedPayload<TSelf>
{
    /// <summary>The signature's domain.</summary>
    static abstract string Domain { get; }

    /// <summary>The signature's payload type.</summary>
    static abstract ReadOnlySpan<byte> PayloadType { get; }

    /// <summary>Longest payload in bytes.</summary>
    static abstract int MaxPayloadBytes { get; }

    /// <summary>Whose signature makes it count.</summary>
    NodeId Signer { get; }

    /// <summary>The payload.</summary>
    byte[] Encode();

    /// <summary>Reads a payload; says nothing about signatures.</summary>
    static abstract OpenStatus TryDecode(ReadOnlySpan<byte> payload, out TSelf? value);
}
