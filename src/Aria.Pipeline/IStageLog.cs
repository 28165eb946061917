using Aria.Provenance.Receipts;

namespace Aria.Pipeline;

/// <summary>Where a stage leaves what it signed: the node's ledger, or a list in a test. Calls come from many sessions at once.</summary>
public interface IStageLog
{
    /// <summary>
    /// Appends a signed inference record; returns when it is on the disk. Any exception is answered to the gateway as
    /// <see cref="Control.RefusalCode.NotLogged"/>.
    /// </summary>
    /// <returns>The entry's sequence number and its RFC 6962 leaf hash.</returns>
    ValueTask<(long Sequence, Digest LeafHash)> AppendRecordAsync(ReadOnlyMemory<byte> signedRecord, CancellationToken cancellationToken);

    /// <summary>Appends the stage's own signed receipt for a job whose record did not come.</summary>
    ValueTask AppendFailedAsync(ReadOnlyMemory<byte> signedReceipt, CancellationToken cancellationToken);

    /// <summary>Keeps the digests that a receipt commits to, for auditors.</summary>
    ValueTask KeepTraceAsync(StageTrace trace, CancellationToken cancellationToken);
}
