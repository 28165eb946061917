using Aria.Ledger;
using Aria.Ledger.Entries;
using Aria.Node.Traces;
using Aria.Pipeline;
using Aria.Provenance.Receipts;

namespace Aria.Node.Serving;

/// <summary>The node's ledger and traces, as its stages use them.</summary>
internal sealed class LedgerStageLog(LedgerLog ledger, TraceStore traces, Action<LedgerStoppedException> stopped) : IStageLog
{
    public async ValueTask<(long Sequence, Digest LeafHash)> AppendRecordAsync(ReadOnlyMemory<byte> signedRecord, CancellationToken cancellationToken)
    {
        LedgerPosition position = await AppendAsync(EntryKind.Record, signedRecord, cancellationToken);
        return (position.Sequence, position.LeafHash);
    }

    public async ValueTask AppendFailedAsync(ReadOnlyMemory<byte> signedReceipt, CancellationToken cancellationToken) =>
        await AppendAsync(EntryKind.JobFailed, signedReceipt, cancellationToken);

    public ValueTask KeepTraceAsync(StageTrace trace, CancellationToken cancellationToken) => traces.KeepAsync(trace, cancellationToken);

    private async ValueTask<LedgerPosition> AppendAsync(EntryKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        try
        {
            return await ledger.AppendAsync(kind, payload, cancellationToken);
        }
        catch (LedgerStoppedException e)
        {
            stopped(e);
            throw;
        }
    }
}
