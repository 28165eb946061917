using Aria.Libp2p.KadDht.Messages;

namespace Aria.Libp2p.KadDht.Requests;

/// <summary>What came of a request; the message where it was answered by one.</summary>
internal readonly record struct AskResult(AskStatus Status, KadMessage? Message = null);
