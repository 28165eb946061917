using Aria.Libp2p;
using Aria.Pipeline.Control;

namespace Aria.Pipeline.Streams;

/// <summary>
/// Either end of a control stream. It ends in one way only, whatever the cause: no message comes any more. Whoever breaks the protocol has the
/// stream reset. One reader at a time; many may send.
/// </summary>
internal sealed class ControlStream(PeerStream stream, TimeProvider time) : IAsyncDisposable
{
    // A peer that does not read for so long is gone.
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(10);

    private readonly FrameReader _frames = new(stream.Input);
    private readonly SemaphoreSlim _sending = new(1);
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _lock = new();
    private Task _reading = Task.CompletedTask;

    public PeerId RemotePeer => stream.RemotePeer;

    /// <summary>The next message, valid until the next call; null at the stream's end, and from its disposal on.</summary>
    public Task<ControlMessage?> ReadAsync()
    {
        lock (_lock)
        {
            if (_disposed.IsCancellationRequested)
            {
                return Task.FromResult<ControlMessage?>(null);
            }

            Task<ControlMessage?> reading = ReadCoreAsync();
            _reading = reading;
            return reading;
        }
    }

    /// <summary>Sends a message; false if the stream has ended.</summary>
    public async Task<bool> TrySendAsync(ControlMessage message)
    {
        await _sending.WaitAsync();
        try
        {
            using CancellationTokenSource late = new(SendTimeout, time);
            await FrameWriter.WriteAsync(stream.Output, message, late.Token);
            return true;
        }
        catch (Exception broken) when (StreamLoss.Is(broken) || broken is OperationCanceledException)
        {
            stream.Reset();
            return false;
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Abandons the stream at once.</summary>
    public void Reset() => stream.Reset();

    /// <summary>Closes the stream in order.</summary>
    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        Task last;
        lock (_lock)
        {
            last = _reading;        // no other begins
        }

        await last;
        await stream.DisposeAsync();
        _frames.Dispose();
        _disposed.Dispose();
        _sending.Dispose();
    }

    private async Task<ControlMessage?> ReadCoreAsync()
    {
        try
        {
            if (await _frames.ReadAsync(ControlCodec.MaxMessageBytes, _disposed.Token) is not { } bytes)
            {
                return null;
            }

            ControlMessage? message = ControlCodec.Decode(bytes);
            if (message is null)
            {
                stream.Reset();
            }

            return message;
        }
        catch (MalformedStreamException)
        {
            stream.Reset();
            return null;
        }
        catch (Exception broken) when (StreamLoss.Is(broken) || broken is OperationCanceledException)
        {
            return null;
        }
    }
}
