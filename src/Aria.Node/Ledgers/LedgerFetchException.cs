using Aria.Libp2p;

namespace Aria.Node.Ledgers;

/// <summary>A peer did not hand out what was asked for: it refused, answered what is no answer, or was lost.</summary>
public sealed class LedgerFetchException(PeerId peer, LedgerRefusalCode? refusal, string reason, Exception? innerException = null)
    : Exception($"{peer} does not hand out its ledger: {reason.TrimEnd('.')}.", innerException)
{
    /// <summary>The peer that was asked.</summary>
    public PeerId Peer { get; } = peer;

    /// <summary>Its refusal, if it gave one.</summary>
    public LedgerRefusalCode? Refusal { get; } = refusal;

    /// <summary>What it said, or how it failed.</summary>
    public string Reason { get; } = reason;
}
