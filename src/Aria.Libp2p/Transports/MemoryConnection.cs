using System.Buffers;
using System.IO.Pipelines;

namespace Aria.Libp2p.Transports;

/// <summary>One end of a byte connection within the process.</summary>
internal sealed class MemoryConnection : TransportConnection
{
    private const int MaxBufferedBytes = 256 * 1024;

    private readonly Pipe _inbound;
    private readonly Pipe _outbound;
    private readonly CancellationTokenSource _disposed;

    private MemoryConnection(Multiaddress local, Multiaddress remote, Pipe inbound, Pipe outbound, CancellationTokenSource disposed)
    {
        LocalAddress = local;
        RemoteAddress = remote;
        _inbound = inbound;
        _outbound = outbound;
        _disposed = disposed;
    }

    public override Multiaddress LocalAddress { get; }

    public override Multiaddress RemoteAddress { get; }

    public static (MemoryConnection Dialer, MemoryConnection Listener) CreatePair(Multiaddress dialer, Multiaddress listener)
    {
        PipeOptions options = new(pauseWriterThreshold: MaxBufferedBytes, resumeWriterThreshold: MaxBufferedBytes / 2, useSynchronizationContext: false);
        Pipe toListener = new(options), toDialer = new(options);
        CancellationTokenSource disposed = new();       // one for both: when an end goes, the connection goes
        return (new(dialer, listener, toDialer, toListener, disposed), new(listener, dialer, toListener, toDialer, disposed));
    }

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!_inbound.Reader.TryRead(out ReadResult result))
        {
            using CancellationTokenRegistration wake = _disposed.Token.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), _inbound.Reader);
            result = await _inbound.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }

        ReadOnlySequence<byte> taken = result.Buffer.Slice(0, Math.Min(buffer.Length, result.Buffer.Length));
        int count = (int)taken.Length;
        taken.CopyTo(buffer.Span);
        _inbound.Reader.AdvanceTo(taken.End);
        return count;       // 0: disposed, since nothing else wakes the read without bytes
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        using CancellationTokenRegistration wake = _disposed.Token.UnsafeRegister(static writer => ((PipeWriter)writer!).CancelPendingFlush(), _outbound.Writer);
        await _outbound.Writer.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        ThrowIfDisposed();
    }

    public override ValueTask DisposeAsync()
    {
        _disposed.Cancel();
        return ValueTask.CompletedTask;
    }

    private void ThrowIfDisposed()
    {
        if (_disposed.IsCancellationRequested)
        {
            throw new ConnectionLostException("The connection is closed.");
        }
    }
}
