using System.Buffers;
using System.IO.Pipelines;
using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Nat.Circuits;

/// <summary>A byte connection over a stream that a relay joined with a stream of the other end.</summary>
internal sealed class CircuitConnection(PeerStream stream, Multiaddress localAddress, Multiaddress remoteAddress, bool isLimited) : TransportConnection
{
    private const int Idle = 0;
    private const int Reading = 1;
    private const int Over = 2;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _input = Idle;
    private volatile bool _disposed;

    public override Multiaddress LocalAddress { get; } = localAddress;

    public override Multiaddress RemoteAddress { get; } = remoteAddress;

    public override bool IsLimited { get; } = isLimited;

    /// <summary>Completes once the connection is disposed and its stream is not read any more.</summary>
    public Task Ended => _ended.Task;

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _input, Reading, Idle) != Idle)
        {
            throw Closed();
        }

        try
        {
            while (!_disposed)
            {
                ReadResult result = await stream.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
                ReadOnlySequence<byte> taken = result.Buffer.Slice(0, Math.Min(buffer.Length, result.Buffer.Length));
                int count = (int)taken.Length;
                taken.CopyTo(buffer.Span);
                bool waitedOnly = buffer.IsEmpty && !result.Buffer.IsEmpty;
                stream.Input.AdvanceTo(taken.End);
                if (count > 0 || waitedOnly || result.IsCompleted)
                {
                    return count;
                }
            }

            throw Closed();
        }
        catch (Libp2pException exception) when (exception is not ConnectionLostException)
        {
            throw new ConnectionLostException($"{RemoteAddress}: {exception.Message}", exception);
        }
        finally
        {
            Interlocked.Exchange(ref _input, Idle);
            if (_disposed)
            {
                EndInput();
            }
        }
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_disposed)
        {
            throw Closed();
        }

        try
        {
            await stream.Output.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is (Libp2pException and not ConnectionLostException) or InvalidOperationException)
        {
            throw new ConnectionLostException($"{RemoteAddress}: {exception.Message}", exception);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        stream.Output.CancelPendingFlush();
        await stream.Output.CompleteAsync().ConfigureAwait(false);      // what was written is still carried
        stream.Input.CancelPendingRead();
        EndInput();
    }

    // By whoever comes last: the read that is still going on, or the disposal.
    private void EndInput()
    {
        if (Interlocked.CompareExchange(ref _input, Over, Idle) == Idle)
        {
            stream.Input.Complete();
            _ended.TrySetResult();
        }
    }

    private ConnectionLostException Closed() => new($"The circuit {RemoteAddress} is closed.");
}
