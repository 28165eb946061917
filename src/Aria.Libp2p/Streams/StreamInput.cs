using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Aria.Libp2p.Streams;

/// <summary>
/// What the application reads from a stream: a pipe that can fail at any moment from any thread, and that tells how many bytes
/// were consumed, so that the sender may be granted as many again.
/// </summary>
internal sealed class StreamInput(PipeReader pipe, IStreamInputOwner? owner = null) : PipeReader
{
    private ReadOnlySequence<byte> _current;
    private volatile StreamFault? _fault;
    private int _completed;

    /// <summary>True once the application reads no more.</summary>
    public bool IsCompleted => Volatile.Read(ref _completed) != 0;

    /// <summary>Fails the waiting read and every later one; the first fault stays.</summary>
    public void Fail(StreamFault fault)
    {
        if (Interlocked.CompareExchange(ref _fault, fault, null) is null)
        {
            pipe.CancelPendingRead();
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        ThrowIfFailed();
        return pipe.TryRead(out result) && Accept(result);
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfFailed();
        ValueTask<ReadResult> reading = pipe.ReadAsync(cancellationToken);
        if (!reading.IsCompletedSuccessfully)
        {
            return AwaitAsync(reading);
        }

        ReadResult result = reading.Result;
        Accept(result);
        return new(result);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        long bytes = _current.IsEmpty ? 0 : _current.Slice(_current.Start, consumed).Length;
        _current = default;
        pipe.AdvanceTo(consumed, examined);
        if (bytes > 0)
        {
            owner?.OnConsumed(bytes);
        }
    }

    public override void CancelPendingRead() => pipe.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        if (Interlocked.Exchange(ref _completed, 1) == 0)
        {
            _current = default;
            pipe.Complete();
            owner?.OnInputCompleted();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> AwaitAsync(ValueTask<ReadResult> reading)
    {
        ReadResult result = await reading.ConfigureAwait(false);
        Accept(result);
        return result;
    }

    private bool Accept(ReadResult result)
    {
        ThrowIfFailed();
        _current = result.Buffer;
        return true;
    }

    private void ThrowIfFailed()
    {
        if (_fault is { } fault)
        {
            throw fault.ToException();
        }
    }
}

/// <summary>Who feeds a <see cref="StreamInput"/>.</summary>
internal interface IStreamInputOwner
{
    /// <summary>The application is done with so many bytes more.</summary>
    void OnConsumed(long bytes);

    /// <summary>The application reads no more. Called once.</summary>
    void OnInputCompleted();
}
