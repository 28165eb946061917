using System.Collections.Concurrent;
using System.Threading.Channels;
using Aria.Provenance.Receipts;

namespace Aria.Pipeline.Tests.Network;

/// <summary>A stage's log as three lists, with an event for each entry.</summary>
internal sealed class MemoryStageLog : IStageLog
{
    private readonly Channel<byte[]> _failed = Channel.CreateUnbounded<byte[]>();
    private int _entries;

    public ConcurrentQueue<byte[]> Records { get; } = [];

    public ConcurrentQueue<StageTrace> Traces { get; } = [];

    /// <summary>Whether the disk takes entries.</summary>
    public bool IsBroken { get; set; }

    public ValueTask<(long Sequence, Digest LeafHash)> AppendRecordAsync(ReadOnlyMemory<byte> signedRecord, CancellationToken cancellationToken)
    {
        if (IsBroken)
        {
            throw new IOException("The disk is full.");
        }

        Records.Enqueue(signedRecord.ToArray());
        return new((Interlocked.Increment(ref _entries), Digest.Of(signedRecord.Span)));
    }

    public ValueTask AppendFailedAsync(ReadOnlyMemory<byte> signedReceipt, CancellationToken cancellationToken) =>
        _failed.Writer.WriteAsync(signedReceipt.ToArray(), cancellationToken);

    public ValueTask KeepTraceAsync(StageTrace trace, CancellationToken cancellationToken)
    {
        Traces.Enqueue(trace);
        return ValueTask.CompletedTask;
    }

    /// <summary>The next receipt that was logged without a record; waits for it.</summary>
    public ValueTask<byte[]> NextFailedAsync() => _failed.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public int FailedCount => _failed.Reader.Count;
}
