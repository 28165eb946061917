using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Routing;

/// <summary>The messages of the last heartbeats, in one window each, to answer IWANT and to fill IHAVE (gossipsub v1.0, "Message Cache").</summary>
internal sealed class MessageCache(int history, int announced)
{
    private readonly Dictionary<MessageId, Entry> _messages = [];
    private readonly LinkedList<List<MessageId>> _windows = new([new List<MessageId>()]);

    private sealed class Entry(GossipMessage message)
    {
        public GossipMessage Message { get; } = message;

        public Dictionary<PeerId, int> Sent { get; } = [];
    }

    public int Count => _messages.Count;

    public void Put(MessageId id, GossipMessage message)
    {
        if (_messages.TryAdd(id, new(message)))
        {
            _windows.First!.Value.Add(id);
        }
    }

    /// <summary>The message for a peer that asks for it, and how often it has asked, this time counted.</summary>
    public bool TryGet(MessageId id, PeerId peer, [NotNullWhen(true)] out GossipMessage? message, out int times)
    {
        message = null;
        times = 0;
        if (!_messages.TryGetValue(id, out Entry? entry))
        {
            return false;
        }

        message = entry.Message;
        times = entry.Sent[peer] = entry.Sent.GetValueOrDefault(peer) + 1;
        return true;
    }

    /// <summary>What is announced of a topic.</summary>
    public List<MessageId> Announced(string topic) => [.. _windows.Take(announced).SelectMany(window => window).Where(id => _messages[id].Message.Topic == topic)];

    /// <summary>A heartbeat passed.</summary>
    public void Shift()
    {
        if (_windows.Count == history)
        {
            foreach (MessageId id in _windows.Last!.Value)
            {
                _messages.Remove(id);
            }

            _windows.RemoveLast();
        }

        _windows.AddFirst(new List<MessageId>());
    }
}
