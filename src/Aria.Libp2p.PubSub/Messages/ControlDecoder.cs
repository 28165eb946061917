using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.PubSub.Messages;

/// <summary>Reads the control messages of one frame and counts them over all its control fields.</summary>
internal sealed class ControlDecoder
{
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromDays(1);

    private readonly List<Announcement> _ihave = [];
    private readonly List<MessageId> _iwant = [];
    private readonly List<string> _graft = [];
    private readonly List<Pruning> _prune = [];
    private readonly List<MessageId> _idontwant = [];
    private int _announced;
    private int _entries;
    private int _peers;

    public Rpc Of(IReadOnlyList<TopicChange> subscriptions, IReadOnlyList<GossipMessage> messages) => new()
    {
        Subscriptions = subscriptions, Messages = messages, IHave = _ihave, IWant = _iwant, Graft = _graft, Prune = _prune, IDontWant = _idontwant,
    };

    public void Read(ReadOnlySpan<byte> control)
    {
        ProtobufReader reader = new(control);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field.Number > 5)
            {
                continue;
            }

            RpcCodec.Bounded(_entries++, RpcBounds.ControlEntries, "control messages");
            ReadOnlySpan<byte> entry = RpcCodec.BytesOf(field);
            switch (field.Number)
            {
                case 1: ReadAnnouncement(entry); break;
                case 2: ReadIds(entry, _iwant); break;
                case 3: ReadGraft(entry); break;
                case 4: ReadPruning(entry); break;
                default: ReadIds(entry, _idontwant); break;
            }
        }

        RpcCodec.AtEnd(reader);
    }

    // An entry without a topic says nothing: js writes such ones.
    private void ReadAnnouncement(ReadOnlySpan<byte> entry)
    {
        string topic = "";
        List<MessageId> ids = [];
        ProtobufReader reader = new(entry);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field.Number == 1)
            {
                topic = RpcCodec.TopicOf(RpcCodec.BytesOf(field));
            }
            else if (field.Number == 2)
            {
                RpcCodec.Bounded(_announced++, RpcBounds.Ids, "announced ids");
                ids.Add(IdOf(field));
            }
        }

        RpcCodec.AtEnd(reader);
        if (topic.Length > 0)
        {
            _ihave.Add(new(topic, ids));
        }
    }

    private static void ReadIds(ReadOnlySpan<byte> entry, List<MessageId> ids)
    {
        ProtobufReader reader = new(entry);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field.Number == 1)
            {
                RpcCodec.Bounded(ids.Count, RpcBounds.Ids, "ids");
                ids.Add(IdOf(field));
            }
        }

        RpcCodec.AtEnd(reader);
    }

    private void ReadGraft(ReadOnlySpan<byte> entry)
    {
        string topic = "";
        ProtobufReader reader = new(entry);
        while (reader.TryRead(out ProtobufField field))
        {
            topic = field.Number == 1 ? RpcCodec.TopicOf(RpcCodec.BytesOf(field)) : topic;
        }

        RpcCodec.AtEnd(reader);
        if (topic.Length > 0)
        {
            _graft.Add(topic);
        }
    }

    private void ReadPruning(ReadOnlySpan<byte> entry)
    {
        string topic = "";
        List<ExchangedPeer> peers = [];
        TimeSpan? backoff = null;
        ProtobufReader reader = new(entry);
        while (reader.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1:
                    topic = RpcCodec.TopicOf(RpcCodec.BytesOf(field));
                    break;
                case 2:
                    RpcCodec.Bounded(_peers++, RpcBounds.ExchangedPeers, "exchanged peers");
                    if (ReadPeer(RpcCodec.BytesOf(field)) is { } peer)
                    {
                        peers.Add(peer);
                    }

                    break;
                case 3 when field.IsBytes:
                    throw new ProtocolViolationException("A back-off is no number.");
                case 3:
                    backoff = TimeSpan.FromSeconds(Math.Min(field.Value, (ulong)MaxBackoff.TotalSeconds));
                    break;
            }
        }

        RpcCodec.AtEnd(reader);
        if (topic.Length > 0)
        {
            _prune.Add(new(topic, peers, backoff));
        }
    }

    // A peer that cannot be used is left out.
    private static ExchangedPeer? ReadPeer(ReadOnlySpan<byte> entry)
    {
        ReadOnlySpan<byte> id = default, record = default;
        ProtobufReader reader = new(entry);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field.Number == 1)
            {
                id = RpcCodec.BytesOf(field);
            }
            else if (field.Number == 2)
            {
                record = RpcCodec.BytesOf(field);
            }
        }

        RpcCodec.AtEnd(reader);
        return PeerId.TryFromBytes(id, out PeerId? peer) ? new(peer, record.Length <= PeerRecord.MaxBytes ? record.ToArray() : default(ReadOnlyMemory<byte>)) : null;
    }

    private static MessageId IdOf(ProtobufField field)
    {
        ReadOnlySpan<byte> bytes = RpcCodec.BytesOf(field);
        return bytes.Length is > 0 and <= RpcBounds.IdBytes ? new(bytes) : throw new ProtocolViolationException($"A message id has {bytes.Length} bytes, not 1 to {RpcBounds.IdBytes}.");
    }
}
