using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p;

namespace Aria.Discovery;

/// <summary>A node and its libp2p peer are one Ed25519 key.</summary>
public static class NodeIds
{
    /// <summary>The peer id of a node.</summary>
    public static PeerId PeerIdOf(this NodeId node) => PeerId.FromEd25519(node.Key.Span);

    /// <summary>The node of a peer id.</summary>
    /// <exception cref="ArgumentException">The id holds no Ed25519 key.</exception>
    public static NodeId NodeIdOf(this PeerId peer) =>
        peer.TryNodeIdOf(out NodeId node) ? node : throw new ArgumentException($"{peer} holds no Ed25519 key.", nameof(peer));

    /// <summary>The node of a peer id; false where the id holds no Ed25519 key.</summary>
    public static bool TryNodeIdOf(this PeerId peer, out NodeId node)
    {
        ArgumentNullException.ThrowIfNull(peer);
        Span<byte> key = stackalloc byte[Digest.Size];
        bool ok = peer.TryGetEd25519(key);
        node = ok ? new(new Digest(key)) : default;
        return ok;
    }
}
