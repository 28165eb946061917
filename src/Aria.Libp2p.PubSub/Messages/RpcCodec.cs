using System.Text;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.PubSub.Messages;

/// <summary>
/// The protobuf of a frame (specs/pubsub.md §2): RPC {1 subscriptions, 2 publish, 3 control}, control {1 ihave, 2 iwant, 3 graft, 4 prune, 5 idontwant}.
/// Unknown fields are skipped and the last of a repeated single field counts, as protobuf says; everything else that is wrong is a
/// <see cref="ProtocolViolationException"/>.
/// </summary>
internal static class RpcCodec
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static byte[] Encode(Rpc rpc)
    {
        ProtobufWriter writer = new();
        foreach (TopicChange change in rpc.Subscriptions)
        {
            writer.Bytes(1, new ProtobufWriter().Varint(1, change.IsSubscribed ? 1ul : 0).Text(2, change.Topic).Written.Span);
        }

        foreach (GossipMessage message in rpc.Messages)
        {
            writer.Bytes(2, message.Encoded.Span);
        }

        ReadOnlySpan<byte> control = EncodeControl(rpc);
        if (!control.IsEmpty)
        {
            writer.Bytes(3, control);
        }

        return writer.ToArray();
    }

    public static Rpc Decode(ReadOnlySpan<byte> bytes)
    {
        List<TopicChange> subscriptions = [];
        List<GossipMessage> messages = [];
        ControlDecoder control = new();
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1:
                    Bounded(subscriptions.Count, RpcBounds.Subscriptions, "changes of subscriptions");
                    subscriptions.Add(DecodeSubscription(BytesOf(field)));
                    break;
                case 2:
                    Bounded(messages.Count, RpcBounds.Messages, "messages");
                    messages.Add(DecodeMessage(BytesOf(field)));
                    break;
                case 3:
                    control.Read(BytesOf(field));
                    break;
            }
        }

        AtEnd(reader);
        return control.Of(subscriptions, messages);
    }

    public static GossipMessage DecodeMessage(ReadOnlySpan<byte> bytes)
    {
        byte[] encoded = bytes.ToArray();
        ReadOnlyMemory<byte> from = default, data = default, sequence = default;
        ReadOnlyMemory<byte>? signature = null, key = null;
        string topic = "";
        List<Range> unsigned = [];
        ProtobufReader reader = new(encoded);
        int start = 0;
        while (reader.TryRead(out ProtobufField field))
        {
            int end = encoded.Length - reader.RemainingBytes;
            ReadOnlyMemory<byte> value = field.IsBytes ? encoded.AsMemory(end - field.Bytes.Length, field.Bytes.Length) : default;
            if (field.Number is >= GossipMessage.FromField and <= GossipMessage.KeyField && !field.IsBytes)
            {
                throw WrongKind();
            }

            switch (field.Number)
            {
                case GossipMessage.FromField: from = value; break;
                case GossipMessage.DataField: data = value; break;
                case GossipMessage.SequenceField: sequence = value; break;
                case GossipMessage.TopicField: topic = TopicOf(value.Span); break;
                case GossipMessage.SignatureField: signature = value; unsigned.Add(start..end); break;
                case GossipMessage.KeyField: key = value; unsigned.Add(start..end); break;
            }

            start = end;
        }

        AtEnd(reader);
        if (topic.Length == 0)
        {
            throw new ProtocolViolationException("A message names no topic.");
        }

        if (sequence.Length > RpcBounds.IdBytes - PeerId.MaxBytes)
        {
            throw new ProtocolViolationException("A message's number is too long.");
        }

        PeerId.TryFromBytes(from.Span, out PeerId? author);
        return new(encoded, topic)
        {
            From = author is null ? default : from, Author = author, Data = data, SequenceBytes = sequence, Signature = signature, Key = key,
            Signed = Without(encoded, unsigned),
        };
    }

    internal static ReadOnlySpan<byte> BytesOf(ProtobufField field) => field.IsBytes ? field.Bytes : throw WrongKind();

    internal static string TopicOf(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > RpcBounds.TopicBytes)
        {
            throw new ProtocolViolationException($"A topic's name has {utf8.Length} bytes, not 1 to {RpcBounds.TopicBytes}.");
        }

        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw new ProtocolViolationException("A topic's name is no UTF-8.");
        }
    }

    internal static void Bounded(int count, int max, string what)
    {
        if (count >= max)
        {
            throw new ProtocolViolationException($"A frame holds more than {max} {what}.");
        }
    }

    internal static void AtEnd(ProtobufReader reader)
    {
        if (reader.IsMalformed)
        {
            throw new ProtocolViolationException("A frame is no protobuf.");
        }
    }

    private static ProtocolViolationException WrongKind() => new("A field of a frame is of the wrong kind.");

    private static TopicChange DecodeSubscription(ReadOnlySpan<byte> bytes)
    {
        bool isSubscribed = false;
        string topic = "";
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1 when field.IsBytes: throw WrongKind();
                case 1: isSubscribed = field.Value != 0; break;
                case 2: topic = TopicOf(BytesOf(field)); break;
            }
        }

        AtEnd(reader);
        return topic.Length > 0 ? new(topic, isSubscribed) : throw new ProtocolViolationException("A subscription names no topic.");
    }

    private static ReadOnlyMemory<byte> Without(byte[] encoded, List<Range> unsigned)
    {
        // Nearly always signature and key are last.
        if (unsigned.Count == 0)
        {
            return encoded;
        }

        if (unsigned[^1].End.Value == encoded.Length && unsigned.Zip(unsigned.Skip(1)).All(pair => pair.First.End.Value == pair.Second.Start.Value))
        {
            return encoded.AsMemory(0, unsigned[0].Start.Value);
        }

        List<byte> kept = new(encoded.Length);
        int from = 0;
        foreach (Range one in unsigned)
        {
            kept.AddRange(encoded.AsSpan(from..one.Start.Value));
            from = one.End.Value;
        }

        kept.AddRange(encoded.AsSpan(from));
        return kept.ToArray();
    }

    private static ReadOnlySpan<byte> EncodeControl(Rpc rpc)
    {
        ProtobufWriter control = new();
        foreach (Announcement announcement in rpc.IHave)
        {
            control.Bytes(1, Ids(new ProtobufWriter().Text(1, announcement.Topic), 2, announcement.Ids).Written.Span);
        }

        if (rpc.IWant.Count > 0)
        {
            control.Bytes(2, Ids(new(), 1, rpc.IWant).Written.Span);
        }

        foreach (string topic in rpc.Graft)
        {
            control.Bytes(3, new ProtobufWriter().Text(1, topic).Written.Span);
        }

        foreach (Pruning pruning in rpc.Prune)
        {
            control.Bytes(4, Encode(pruning).Written.Span);
        }

        if (rpc.IDontWant.Count > 0)
        {
            control.Bytes(5, Ids(new(), 1, rpc.IDontWant).Written.Span);
        }

        return control.Written.Span;
    }

    private static ProtobufWriter Ids(ProtobufWriter writer, int field, IReadOnlyList<MessageId> ids)
    {
        foreach (MessageId id in ids)
        {
            writer.Bytes(field, id.Bytes);
        }

        return writer;
    }

    private static ProtobufWriter Encode(Pruning pruning)
    {
        ProtobufWriter writer = new ProtobufWriter().Text(1, pruning.Topic);
        foreach (ExchangedPeer peer in pruning.Peers)
        {
            ProtobufWriter info = new ProtobufWriter().Bytes(1, peer.Id.Bytes);
            writer.Bytes(2, (peer.SignedRecord.IsEmpty ? info : info.Bytes(2, peer.SignedRecord.Span)).Written.Span);
        }

        return pruning.Backoff is { } backoff ? writer.Varint(3, (ulong)Math.Ceiling(backoff.TotalSeconds)) : writer;
    }
}
