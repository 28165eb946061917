namespace Aria.Libp2p.KadDht;

/// <summary>A value cannot be put: its namespace is unknown, its validator refuses it, or this peer holds a better one.</summary>
public sealed class RecordRefusedException(string message) : Libp2pException(message);
