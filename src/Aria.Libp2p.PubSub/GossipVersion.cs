namespace Aria.Libp2p.PubSub;

/// <summary>What a peer speaks of the protocol, from the least to the most.</summary>
internal enum GossipVersion
{
    /// <summary><c>/floodsub/1.0.0</c>: subscriptions and messages alone.</summary>
    Floodsub,

    /// <summary><c>/meshsub/1.0.0</c>: no back-off, no exchange of peers.</summary>
    V10,

    /// <summary><c>/meshsub/1.1.0</c>.</summary>
    V11,

    /// <summary><c>/meshsub/1.2.0</c>: IDONTWANT.</summary>
    V12,
}
