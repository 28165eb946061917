namespace Aria.Libp2p.PubSub.Messages;

/// <summary>
/// StrictSign: every message bears its author's peer id, a number of 8 bytes and the author's signature over <c>libp2p-pubsub:</c> and the message without
/// signature and key (specs/pubsub.md §3).
/// </summary>
internal static class MessageSignature
{
    private static ReadOnlySpan<byte> Prefix => "libp2p-pubsub:"u8;

    public static byte[] InputOf(ReadOnlySpan<byte> signed) => [.. Prefix, .. signed];

    /// <summary>Whether the author sent it so, by the key that stands in the author's id or, where that is a hash, in the message.</summary>
    public static SignatureVerdict Verify(GossipMessage message)
    {
        if (message.Author is not { } author || message.SequenceBytes.Length != sizeof(ulong) || message.Signature is not { } signature)
        {
            return SignatureVerdict.Missing;
        }

        ReadOnlyMemory<byte> spelled = message.Key ?? author.InlinedKey;
        if (spelled.IsEmpty)
        {
            return message.Key is null ? SignatureVerdict.Missing : SignatureVerdict.Wrong;
        }

        if (PeerId.OfKey(spelled.Span) != author)
        {
            return SignatureVerdict.Wrong;
        }

        return !PeerKey.TryRead(spelled.Span, out PeerKey? key) ? SignatureVerdict.Unverifiable
            : key.Verify(InputOf(message.Signed.Span), signature.Span) ? SignatureVerdict.Good : SignatureVerdict.Wrong;
    }
}

/// <summary>What <see cref="MessageSignature"/> says of a message.</summary>
internal enum SignatureVerdict
{
    /// <summary>The author's.</summary>
    Good,

    /// <summary>Author, number, signature, or the key of an author whose id is a hash, are absent or misshapen.</summary>
    Missing,

    /// <summary>Not made by the author over these bytes, or with another key.</summary>
    Wrong,

    /// <summary>The author's key is of a kind that is not known here.</summary>
    Unverifiable,
}
