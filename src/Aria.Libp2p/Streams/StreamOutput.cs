using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Aria.Libp2p.Streams;

/// <summary>What the application writes to a stream: a pipe that can fail at any moment from any thread, and that tells when bytes are due.</summary>
internal sealed class StreamOutput(PipeWriter pipe, IStreamOutputOwner owner) : PipeWriter
{
    private volatile StreamFault? _fault;
    private int _completed;

    public override bool CanGetUnflushedBytes => pipe.CanGetUnflushedBytes;

    public override long UnflushedBytes => pipe.UnflushedBytes;

    /// <summary>True once the application ended this direction.</summary>
    public bool IsCompleted => Volatile.Read(ref _completed) != 0;

    /// <summary>Fails the waiting flush and every later one; the first fault stays.</summary>
    public void Fail(StreamFault fault)
    {
        if (Interlocked.CompareExchange(ref _fault, fault, null) is null)
        {
            pipe.CancelPendingFlush();
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => pipe.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => pipe.GetSpan(sizeHint);

    public override void Advance(int bytes) => pipe.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfFailed();
        return Flushed(pipe.FlushAsync(cancellationToken));
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        ThrowIfFailed();

        // Into blocks as large as what is written, which the pipe by itself would cut small.
        for (ReadOnlySpan<byte> rest = source.Span; !rest.IsEmpty;)
        {
            int length = Math.Min(rest.Length, BlockPool.LargeBytes);
            rest[..length].CopyTo(pipe.GetSpan(length));
            pipe.Advance(length);
            rest = rest[length..];
        }

        return Flushed(pipe.FlushAsync(cancellationToken));
    }

    public override void CancelPendingFlush() => pipe.CancelPendingFlush();

    /// <summary>Ends this direction after what was written; with an exception the whole stream is reset instead.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (exception is not null && !IsCompleted)
        {
            owner.Reset();
        }

        if (Interlocked.Exchange(ref _completed, 1) != 0)
        {
            return;
        }

        pipe.Complete();
        owner.OnFlushed();
    }

    private ValueTask<FlushResult> Flushed(ValueTask<FlushResult> flushing)
    {
        owner.OnFlushed();
        if (!flushing.IsCompletedSuccessfully)
        {
            return AwaitAsync(flushing);
        }

        FlushResult result = flushing.Result;
        ThrowIfFailed();
        return new(result);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FlushResult> AwaitAsync(ValueTask<FlushResult> flushing)
    {
        FlushResult result = await flushing.ConfigureAwait(false);
        ThrowIfFailed();
        return result;
    }

    private void ThrowIfFailed()
    {
        if (_fault is { } fault)
        {
            throw fault.ToException();
        }
    }
}

/// <summary>Who takes what a <see cref="StreamOutput"/> was given.</summary>
internal interface IStreamOutputOwner
{
    /// <summary>There may be bytes to take, or the end.</summary>
    void OnFlushed();

    /// <summary>The application abandons the stream.</summary>
    void Reset();
}
