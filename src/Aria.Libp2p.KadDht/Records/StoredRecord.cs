using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Records;

/// <summary>A value that this peer holds.</summary>
internal sealed record StoredRecord(byte[] Key, KadKey Place, byte[] Value, DateTimeOffset Received, DateTimeOffset Expires)
{
    public int Bytes => Key.Length + Value.Length;
}
