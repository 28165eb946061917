using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Routing;

/// <summary>What a <see cref="GossipRouter"/> wants done. The order matters.</summary>
internal abstract record RouterAction
{
    private RouterAction()
    {
    }

    /// <summary>Sends a frame to a peer.</summary>
    public sealed record Send(PeerId To, Rpc Rpc) : RouterAction;

    /// <summary>Checks a message's signature and tells <see cref="GossipRouter.Checked"/>; then, where that says so, asks the validators and tells <see cref="GossipRouter.Validated"/>.</summary>
    public sealed record Check(Arrival Arrival) : RouterAction;

    /// <summary>Hands a message to the subscribers here.</summary>
    public sealed record Deliver(GossipMessage Message, MessageId Id, PeerId From) : RouterAction;

    /// <summary>Tells the application that a peer takes a topic from now on.</summary>
    public sealed record Met(PeerId Peer, string Topic) : RouterAction;

    /// <summary>Connects to a peer that another one named, at the addresses in its signed record where that is not empty.</summary>
    public sealed record Connect(PeerId Peer, ReadOnlyMemory<byte> SignedRecord) : RouterAction;
}

/// <summary>A message on its way through the checks, and who sent it, copy for copy.</summary>
internal sealed class Arrival(GossipMessage message, MessageId id, PeerId from)
{
    public GossipMessage Message { get; } = message;

    public MessageId Id { get; } = id;

    public PeerId From { get; } = from;

    /// <summary>Others that sent the same bytes meanwhile.</summary>
    public HashSet<PeerId> Copies { get; } = [];
}

/// <summary>What a router must know of a peer that joins.</summary>
/// <param name="Id">The peer.</param>
/// <param name="Version">What it speaks.</param>
/// <param name="IsOutbound">Whether this peer dialed it.</param>
/// <param name="Host">Its host, where hosts count (P6).</param>
/// <param name="SignedRecord">Its addresses in a signed envelope, for others; empty where it gave none.</param>
internal sealed record JoinedPeer(PeerId Id, GossipVersion Version, bool IsOutbound, string? Host, ReadOnlyMemory<byte> SignedRecord);
