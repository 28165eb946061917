namespace Aria.Libp2p.KadDht.Messages;

/// <summary>A value under its key: 1 key, 2 value, 5 the time at which the peer that serves it received it, in RFC 3339; for people.</summary>
internal sealed record KadRecord(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, string TimeReceived = "");
