using System.Threading.Channels;
using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub;

/// <summary>A subscription to a topic: the messages of others, each once. Disposing the last subscription of a topic leaves the topic.</summary>
public sealed class Subscription : IDisposable
{
    private readonly Channel<GossipMessage> _unread;
    private readonly Action<Subscription> _end;

    internal Subscription(string topic, MessageValidator? validator, int maxUnread, Action<Subscription> end)
    {
        Topic = topic;
        Validator = validator;
        _end = end;
        _unread = Channel.CreateBounded<GossipMessage>(new BoundedChannelOptions(maxUnread) { FullMode = BoundedChannelFullMode.DropOldest });
    }

    /// <summary>The topic.</summary>
    public string Topic { get; }

    /// <summary>The messages, in the order in which they came; where nobody reads, the oldest beyond <see cref="GossipOptions.MaxUnread"/> are lost. Completes when the subscription is disposed of.</summary>
    public ChannelReader<GossipMessage> Messages => _unread.Reader;

    internal MessageValidator? Validator { get; }

    /// <summary>Ends the subscription; safe to call again.</summary>
    public void Dispose()
    {
        _unread.Writer.TryComplete();
        _end(this);
    }

    internal void Deliver(GossipMessage message) => _unread.Writer.TryWrite(message);
}
