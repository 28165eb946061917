using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht;

/// <summary>How near peers stand to keys (specs/dht.md §2).</summary>
public static class KadDistance
{
    /// <summary>Leading bits, 0 to 256, that a peer's point shares with a key's: each further one halves the distance.</summary>
    public static int PrefixBits(ReadOnlySpan<byte> key, PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return KadKey.Of(key).CommonPrefixLength(KadKey.Of(peer));
    }
}
