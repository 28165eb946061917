using Aria.Libp2p;
using Aria.Libp2p.KadDht;
using Aria.Scheduling;
using Microsoft.Extensions.Logging;

namespace Aria.Discovery;

/// <summary>
/// Knows which nodes serve the followed models: looks for their providers, fetches and checks their records, measures the way to them
/// (specs/discovery.md §6). Readers take a snapshot and never wait.
/// </summary>
public sealed class CapabilityDirectory
{
    /// <summary>Knows nothing yet. Records of another network are ignored; none of the parts is owned.</summary>
    public CapabilityDirectory(KadDht dht, LocalPeer peer, string network, TimeProvider time, ILogger logger)
    {
    }

    /// <summary>The snapshot changed: nodes came, went, changed, were lost or found again.</summary>
    public event Action? Changed
    {
        add => throw new NotImplementedException();
        remove => throw new NotImplementedException();
    }

    /// <summary>What is known now.</summary>
    public DirectorySnapshot Snapshot => throw new NotImplementedException();

    /// <summary>Keeps looking for the nodes that serve a model.</summary>
    public void Follow(ModelId model) => throw new NotImplementedException();

    /// <summary>Looks quickly while some followed model has no complete pipeline, then every few seconds; ends by cancellation.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Looks once for every followed model, then measures the way to its nodes.</summary>
    public Task RefreshAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>The nodes that can be used for a model now, with what their steps and ways to them cost as seen by <paramref name="requester"/>.</summary>
    public SwarmSnapshot SwarmFor(ModelId model, int layers, NodeId requester) => throw new NotImplementedException();

    /// <summary>A dial failed or a stage was lost: the node is passed over at once, until it answers again.</summary>
    public void ReportLost(NodeId node) => throw new NotImplementedException();

    /// <summary>What a step through <paramref name="part"/> on a node took as this requester saw it; later claims are held against it.</summary>
    public void ReportStep(NodeId node, ModelId model, StageSpan part, TimeSpan elapsed) => throw new NotImplementedException();
}
