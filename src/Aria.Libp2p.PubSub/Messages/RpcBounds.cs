namespace Aria.Libp2p.PubSub.Messages;

/// <summary>What one frame may hold (specs/pubsub.md §2). A frame beyond them is refused whole.</summary>
internal static class RpcBounds
{
    /// <summary>Bytes of a frame.</summary>
    public const int FrameBytes = 1 << 20;

    /// <summary>Bytes of a topic's name, as UTF-8; at least one.</summary>
    public const int TopicBytes = 256;

    /// <summary>Bytes of a message id; at least one.</summary>
    public const int IdBytes = 256;

    /// <summary>Changes of subscriptions.</summary>
    public const int Subscriptions = 4096;

    /// <summary>Messages.</summary>
    public const int Messages = 4096;

    /// <summary>Message ids in each of IHAVE, IWANT and IDONTWANT, over all their entries.</summary>
    public const int Ids = 8192;

    /// <summary>Entries of IHAVE, IWANT, GRAFT, PRUNE or IDONTWANT, each.</summary>
    public const int ControlEntries = 4096;

    /// <summary>Peers in all PRUNEs of a frame.</summary>
    public const int ExchangedPeers = 256;
}
