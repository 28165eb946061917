using System.Collections.Immutable;
using Aria.Libp2p;
using Aria.Libp2p.KadDht;
using Microsoft.Extensions.Logging;

namespace Aria.Discovery;

/// <summary>
/// Keeps the own capability record in the DHT: every 60 seconds and whenever it changes, with a sequence that survives restarts
/// (specs/discovery.md §5).
/// </summary>
public sealed class CapabilityPublisher
{
    /// <summary>Serves nothing until told. The last sequence is kept in <paramref name="sequenceFile"/>; none of the parts is owned.</summary>
    public CapabilityPublisher(
        KadDht dht, LocalPeer peer, Identity identity, string network, string sequenceFile, TimeProvider time, ILogger logger)
    {
        Served = [];
    }

    /// <summary>What the record says that this node serves.</summary>
    public ImmutableArray<ServedModel> Served { get; }

    /// <summary>Serves <paramref name="served"/> from now on and publishes it.</summary>
    public Task<int> UpdateAsync(ImmutableArray<ServedModel> served, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Publishes a new record and announces each model; how many peers hold the record now, this one counted.</summary>
    public Task<int> PublishAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Publishes at every interval and when the own addresses change; ends by cancellation.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => throw new NotImplementedException();
}
