using Aria.Libp2p;

namespace Aria.Pipeline;

/// <summary>A node and its libp2p peer are one Ed25519 key.</summary>
internal static class NodePeers
{
    public static PeerId Peer(this NodeId node) => PeerId.FromEd25519(node.Key.Span);
}
