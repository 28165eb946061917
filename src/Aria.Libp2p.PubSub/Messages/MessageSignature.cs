namespace Aria.Libp2p.PubSub.Messages;

/// <summary>
/// StrictSign: every message bears its author's peer id, a number of 8 bytes and the author's signature over <c>libp2p-pubsub:</c> and the message without
/// signature and key (specs/pubsub.md §3).
/// </summary>
internal static class MessageSignature
{
    private const int SignatureBytes = 64;

    private static ReadOnlySpan<byte> Prefix => "libp2p-pubsub:"u8;

    // The public key protobuf of Ed25519: type 1, 32 bytes.
    private static ReadOnlySpan<byte> KeyPrefix => [0x08, 0x01, 0x12, 0x20];

    public static byte[] InputOf(ReadOnlySpan<byte> signed) => [.. Prefix, .. signed];

    /// <summary>Whether the author sent it so. Authors whose key is not in their id cannot be checked.</summary>
    public static SignatureVerdict Verify(GossipMessage message)
    {
        if (message.Author is not { } author || message.SequenceBytes.Length != sizeof(ulong) || message.Signature is not { } signature)
        {
            return SignatureVerdict.Missing;
        }

        Span<byte> key = stackalloc byte[32];
        if (!author.TryGetEd25519(key))
        {
            return SignatureVerdict.Unverifiable;
        }

        if (message.Key is { } stated && !(stated.Span.StartsWith(KeyPrefix) && stated.Span[KeyPrefix.Length..].SequenceEqual(key)))
        {
            return SignatureVerdict.Wrong;
        }

        return signature.Length == SignatureBytes && author.Verify(InputOf(message.Signed.Span), signature.Span) ? SignatureVerdict.Good : SignatureVerdict.Wrong;
    }
}

/// <summary>What <see cref="MessageSignature"/> says of a message.</summary>
internal enum SignatureVerdict
{
    /// <summary>The author's.</summary>
    Good,

    /// <summary>Author, number or signature are absent or misshapen.</summary>
    Missing,

    /// <summary>Not made by the author over these bytes, or with another key.</summary>
    Wrong,

    /// <summary>The author's key is not in its id, or of a kind that this stack does not speak.</summary>
    Unverifiable,
}
