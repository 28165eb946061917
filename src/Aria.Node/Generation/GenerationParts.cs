using Aria.Discovery;
using Aria.Ledger;
using Aria.Libp2p;
using Aria.Node.Openings;
using Aria.Pipeline;
using Aria.Wire.Signing;

namespace Aria.Node.Generation;

/// <summary>What a node's generations use; all owned by the node.</summary>
/// <param name="Network">The network's id.</param>
/// <param name="Key">The identity key: signs plans and records.</param>
/// <param name="Peer">The own peer.</param>
/// <param name="Gateway">Opens pipelines.</param>
/// <param name="Directory">Knows who serves what.</param>
/// <param name="Ledger">Takes the records.</param>
/// <param name="Openings">Takes what opens them.</param>
/// <param name="LedgerStopped">Called when the ledger took no record because it stopped.</param>
internal sealed record GenerationParts(
    string Network, SigningKey Key, LocalPeer Peer, PipelineGateway Gateway, CapabilityDirectory Directory, LedgerLog Ledger, OpeningStore Openings,
    Action<LedgerStoppedException> LedgerStopped)
{
    public NodeId Self => Key.Id;
}
