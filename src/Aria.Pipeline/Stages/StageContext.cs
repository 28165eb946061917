using Aria.Libp2p;
using Aria.Pipeline.Energy;
using Aria.Wire.Signing;
using Microsoft.Extensions.Logging;

namespace Aria.Pipeline.Stages;

/// <summary>What all sessions of a host share.</summary>
internal sealed record StageContext(
    ActivationRouter Router, SigningKey Key, StageHostOptions Options, SessionTable Table, StageMetrics Metrics, IStageLog Log, EnergyMeter Energy, TimeProvider Time, ILogger Logger)
{
    public LocalPeer Peer => Router.Peer;
}
