using System.Buffers.Binary;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.PubSub.Messages;

/// <summary>
/// A published message as it stands on the wire: 1 from, 2 data, 3 seqno, 4 topic, 5 signature, 6 key (specs/pubsub.md §3). Immutable. What was received is
/// forwarded and verified byte for byte.
/// </summary>
public sealed class GossipMessage
{
    internal const int FromField = 1;
    internal const int DataField = 2;
    internal const int SequenceField = 3;
    internal const int TopicField = 4;
    internal const int SignatureField = 5;
    internal const int KeyField = 6;

    private readonly byte[] _encoded;

    internal GossipMessage(byte[] encoded, string topic)
    {
        _encoded = encoded;
        Topic = topic;
    }

    /// <summary>The topic it was published on.</summary>
    public string Topic { get; }

    /// <summary>What was published; empty where the field is absent.</summary>
    public ReadOnlyMemory<byte> Data { get; internal init; }

    /// <summary>Whose message it is, once its signature was found to be good; null where <c>from</c> is absent or no peer id.</summary>
    public PeerId? Author { get; internal init; }

    /// <summary>The author's number of the message, 8 bytes, big-endian; other lengths are refused by <see cref="MessageSignature"/>.</summary>
    public ReadOnlyMemory<byte> SequenceBytes { get; internal init; }

    /// <summary><see cref="SequenceBytes"/> as a number; 0 where they are not 8 bytes.</summary>
    public ulong Sequence => SequenceBytes.Length == sizeof(ulong) ? BinaryPrimitives.ReadUInt64BigEndian(SequenceBytes.Span) : 0;

    internal ReadOnlyMemory<byte> From { get; init; }

    internal ReadOnlyMemory<byte>? Signature { get; init; }

    internal ReadOnlyMemory<byte>? Key { get; init; }

    /// <summary>Everything but signature and key, as it was received: what the signature covers.</summary>
    internal ReadOnlyMemory<byte> Signed { get; init; }

    /// <summary>The message's protobuf.</summary>
    internal ReadOnlyMemory<byte> Encoded => _encoded;

    /// <summary>The id where nothing else is chosen: <c>from</c> and then <c>seqno</c>, for a message with neither the data.</summary>
    public static MessageId DefaultId(GossipMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        ReadOnlySpan<byte> from = message.From.Span, sequence = message.SequenceBytes.Span;
        return from.IsEmpty && sequence.IsEmpty ? new(message.Data.IsEmpty ? [0] : message.Data.Span) : new([.. from, .. sequence]);
    }

    /// <summary>Signs and encodes a message of <paramref name="author"/>.</summary>
    internal static GossipMessage Create(Identity author, ulong sequence, string topic, ReadOnlySpan<byte> data)
    {
        byte[] number = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(number, sequence);
        byte[] signed = new ProtobufWriter()
            .Bytes(FromField, author.PeerId.Bytes).Bytes(DataField, data).Bytes(SequenceField, number).Text(TopicField, topic).ToArray();
        byte[] signature = author.Sign(MessageSignature.InputOf(signed));
        byte[] encoded = [.. signed, .. new ProtobufWriter().Bytes(SignatureField, signature).Written.Span];
        return RpcCodec.DecodeMessage(encoded);
    }
}
