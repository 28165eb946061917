using Aria.Audit;
using Aria.Discovery;
using Aria.Engine.Execution;
using Aria.Ledger.Entries;
using Aria.Libp2p;
using Aria.Provenance.Checks;
using Aria.Provenance.Records;

namespace Aria.Node.Tests;

/// <summary>Records as they stand in nodes' logs, and their audit with what nodes hand out.</summary>
internal static class NodeRecords
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The payloads of a kind in a node's log.</summary>
    public static async Task<List<byte[]>> EntriesAsync(AriaNode node, EntryKind kind)
    {
        List<byte[]> payloads = [];
        await foreach (LedgerEntry entry in node.Ledger.ReadAsync(0, int.MaxValue, Token))
        {
            if (entry.Kind == kind)
            {
                payloads.Add(entry.Payload.ToArray());
            }
        }

        return payloads;
    }

    /// <summary>A record's bytes in a node's log; null if it is not there.</summary>
    public static async Task<byte[]?> FindAsync(AriaNode node, RecordId record) =>
        (await EntriesAsync(node, EntryKind.Record)).SingleOrDefault(payload => RecordCheck.Verify(payload).Id == record);

    /// <summary>Replays a record of the swarm's gateway with its opening and the traces that the nodes hand out.</summary>
    public static async Task<AuditVerdict> AuditAsync(Swarm swarm, RecordId record)
    {
        byte[] bytes = await FindAsync(swarm.Gateway, record) ?? throw new InvalidOperationException("The gateway has no such record.");
        Opening opening = swarm.Gateway.Openings.Find(record) ?? throw new InvalidOperationException("The gateway has no such opening.");
        return await Replay.RunAsync(
            bytes, opening, swarm.Model,
            async (node, job, epoch, stage, cancellationToken) => await swarm.Gateway.Ledgers.TraceAsync(node.PeerIdOf(), job, epoch, stage, cancellationToken) is { } trace ? trace : default(ReadOnlyMemory<byte>?),
            new EngineOptions(), Token);
    }
}
