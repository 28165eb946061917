using System.Collections.Immutable;

namespace Aria.Libp2p.KadDht.Messages;

/// <summary>A request or an answer (specs/dht.md §4).</summary>
internal sealed record KadMessage(KadMessageType Type, ReadOnlyMemory<byte> Key)
{
    public KadRecord? Record { get; init; }

    public ImmutableArray<KadPeer> CloserPeers { get; init; } = [];

    public ImmutableArray<KadPeer> ProviderPeers { get; init; } = [];
}
