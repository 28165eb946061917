using System.Threading.Channels;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub;

/// <summary>
/// The stream to one peer and what waits to be sent on it. The stream is opened, and again while the peer stays connected; what was on its way in a stream that broke is lost.
/// </summary>
internal sealed class PeerOutbox(LocalPeer peer, PeerId to, string protocol, int maxQueuedBytes, TimeProvider time) : IDisposable
{
    private const int FlushBytes = 256 * 1024;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly Channel<Rpc> _waiting = Channel.CreateUnbounded<Rpc>(new() { SingleReader = true });   // bounded by bytes, each frame counted as 64 at least
    private readonly CancellationTokenSource _ending = new();
    private long _queuedBytes;

    public PeerId To => to;

    /// <summary>Queues a frame. False where there is no room: what may be dropped was dropped, and for anything else the peer reads too slowly to be kept.</summary>
    public bool TryAdd(Rpc rpc)
    {
        int bytes = rpc.ApproximateBytes;
        long limit = rpc.IsDroppable ? maxQueuedBytes : 2L * maxQueuedBytes;
        if (Interlocked.Add(ref _queuedBytes, bytes) <= limit && _waiting.Writer.TryWrite(rpc))
        {
            return true;
        }

        Interlocked.Add(ref _queuedBytes, -bytes);
        return false;
    }

    /// <summary>Sends until the peer is gone. <paramref name="greet"/> queues what a new stream must begin with.</summary>
    public async Task RunAsync(Action greet)
    {
        CancellationToken ending = _ending.Token;
        TimeSpan pause = FirstPause;
        long opened = time.GetTimestamp();
        for (bool isFirst = true; !ending.IsCancellationRequested; isFirst = false)
        {
            try
            {
                if (!isFirst)
                {
                    await Task.Delay(pause, time, ending).ConfigureAwait(false);
                    pause = 2 * pause < LongestPause ? 2 * pause : LongestPause;
                }

                PeerStream stream = await peer.OpenStreamAsync(to, protocol, ending).ConfigureAwait(false);
                opened = time.GetTimestamp();
                if (!isFirst)
                {
                    List<Rpc> unsent = Unsent();
                    greet();
                    unsent.ForEach(rpc => TryAdd(rpc));
                }

                await SendAsync(stream, ending).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is Libp2pException or OperationCanceledException)
            {
                pause = time.GetElapsedTime(opened) > LongestPause ? FirstPause : pause;    // opened again unless it ends
            }
        }
    }

    /// <summary>The peer is gone; safe to call again.</summary>
    public void End() => _ending.Cancel();

    public void Dispose() => _ending.Dispose();

    // Until the stream breaks from either end, or the peer is gone.
    private async Task SendAsync(PeerStream stream, CancellationToken ending)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(ending);
        Task watching = WatchAsync(stream, either);
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(either.Token).ConfigureAwait(false))
            {
                int written = 0;
                while (written < FlushBytes && _waiting.Reader.TryRead(out Rpc? rpc))
                {
                    Interlocked.Add(ref _queuedBytes, -rpc.ApproximateBytes);
                    byte[] frame = RpcCodec.Encode(rpc);
                    LengthPrefixed.Write(stream.Output, frame);
                    written += frame.Length;
                }

                await stream.Output.FlushAsync(either.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            await either.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
            await CloseAsync(stream, inOrder: ending.IsCancellationRequested).ConfigureAwait(false);
        }
    }

    // What waits when this end closes still goes out, a farewell perhaps.
    private async Task CloseAsync(PeerStream stream, bool inOrder)
    {
        if (!inOrder)
        {
            stream.Reset();
            return;
        }

        for (int written = 0; written < FlushBytes && _waiting.Reader.TryRead(out Rpc? rpc);)
        {
            byte[] frame = RpcCodec.Encode(rpc);
            LengthPrefixed.Write(stream.Output, frame);
            written += frame.Length;
        }

        await stream.DisposeAsync().ConfigureAwait(false);
    }

    // Nothing is to be read here, but that the other end abandoned the stream is seen by reading alone.
    private static async Task WatchAsync(PeerStream stream, CancellationTokenSource either)
    {
        try
        {
            while (true)
            {
                System.IO.Pipelines.ReadResult read = await stream.Input.ReadAsync(either.Token).ConfigureAwait(false);
                stream.Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return;     // it closed its own direction, which nobody uses
                }
            }
        }
        catch (Libp2pException)
        {
            await either.CancelAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // This end is done.
        }
    }

    // The messages that wait still. Of everything else the greeting tells the state.
    private List<Rpc> Unsent()
    {
        List<Rpc> unsent = [];
        while (_waiting.Reader.TryRead(out Rpc? rpc))
        {
            Interlocked.Add(ref _queuedBytes, -rpc.ApproximateBytes);
            if (rpc.Messages.Count > 0)
            {
                unsent.Add(new() { Messages = rpc.Messages });
            }
        }

        return unsent;
    }
}
