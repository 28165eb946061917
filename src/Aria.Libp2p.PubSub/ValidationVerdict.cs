using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub;

/// <summary>What a validator says of a message.</summary>
public enum ValidationVerdict
{
    /// <summary>It is delivered and forwarded, and whoever brought it first is credited.</summary>
    Accept,

    /// <summary>It is dropped and counts against everyone who sent it (P4).</summary>
    Reject,

    /// <summary>It is dropped and counts against nobody.</summary>
    Ignore,
}

/// <summary>
/// Judges a message of a topic whose signature is good already. <paramref name="from"/> is the peer that brought it, not its author. Where it throws, the
/// message is ignored; where it takes longer than <see cref="GossipOptions.ValidationTimeout"/>, the token is cancelled and the message ignored.
/// </summary>
public delegate ValueTask<ValidationVerdict> MessageValidator(GossipMessage message, PeerId from, CancellationToken cancellationToken);
