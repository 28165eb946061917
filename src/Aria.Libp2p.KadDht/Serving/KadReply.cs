using Aria.Libp2p.KadDht.Messages;

namespace Aria.Libp2p.KadDht.Serving;

/// <summary>What a server does about a request.</summary>
internal abstract record KadReply
{
    private KadReply()
    {
    }

    /// <summary>Sends an answer.</summary>
    public sealed record Answer(KadMessage Message) : KadReply;

    /// <summary>Sends nothing: the request asks for no answer.</summary>
    public sealed record Silence : KadReply;

    /// <summary>Resets the stream.</summary>
    public sealed record Refusal(string Reason) : KadReply;
}
