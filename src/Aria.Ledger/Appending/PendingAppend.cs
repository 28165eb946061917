using Aria.Ledger.Entries;

namespace Aria.Ledger.Appending;

/// <summary>A payload that waits for its group.</summary>
internal sealed class PendingAppend(EntryKind kind, ReadOnlyMemory<byte> payload)
{
    private readonly TaskCompletionSource<LedgerPosition> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EntryKind Kind => kind;

    public ReadOnlyMemory<byte> Payload => payload;

    public Digest PayloadDigest { get; } = Digest.Of(payload.Span);

    public Task<LedgerPosition> Outcome => _outcome.Task;

    public void Acknowledge(LedgerPosition position) => _outcome.TrySetResult(position);

    public void Fail(Exception exception) => _outcome.TrySetException(exception);
}
