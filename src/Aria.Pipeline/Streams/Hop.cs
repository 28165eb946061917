using System.IO.Pipelines;
using Aria.Libp2p;
using Aria.Pipeline.Frames;

namespace Aria.Pipeline.Streams;

/// <summary>
/// The data stream to the next receiver: opened and begun in the background, watched for its loss between frames. One writer at a time.
/// </summary>
internal sealed class Hop : IAsyncDisposable
{
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(10);

    private readonly SessionKey _receiver;
    private readonly Action<string> _lost;
    private readonly CancellationTokenSource _over = new();
    private readonly Task<PeerStream> _opening;
    private readonly Task _watching;
    private bool _ended;

    /// <summary>Opens the stream and sends <c>begin</c>.</summary>
    /// <param name="peer">Who opens.</param>
    /// <param name="to">The receiver's node.</param>
    /// <param name="receiver">Its session.</param>
    /// <param name="lost">Called once, from anywhere, if the stream cannot be opened or breaks before the end is sent.</param>
    /// <param name="time">For the time that opening may take.</param>
    public Hop(LocalPeer peer, PeerId to, SessionKey receiver, Action<string> lost, TimeProvider time)
    {
        _receiver = receiver;
        _lost = lost;
        _opening = OpenAsync(peer, to, time);
        _watching = WatchAsync();
    }

    /// <summary>When the stream is open and <c>begin</c> is sent; fails if it cannot be opened.</summary>
    public Task Opened => _opening;

    /// <summary>Sends a frame; waits for the stream's opening and while its window is full. Once the stream is open, a frame goes out even if the wait is given up.</summary>
    public ValueTask WriteAsync(in ActivationFrame frame, CancellationToken cancellationToken) => _opening.IsCompletedSuccessfully
        ? FrameWriter.WriteAsync(_opening.Result.Output, frame, cancellationToken)
        : OpenThenWriteAsync(frame, cancellationToken);

    /// <summary>Sends <c>end</c> and closes this side.</summary>
    public async Task EndAsync(int positions, CancellationToken cancellationToken)
    {
        await WriteAsync(ActivationFrame.End(_receiver, positions), cancellationToken);
        Volatile.Write(ref _ended, true);
        await (await _opening).Output.CompleteAsync();
    }

    /// <summary>Closes the stream: in order after <see cref="EndAsync"/>, else by a reset.</summary>
    public async ValueTask DisposeAsync()
    {
        bool inOrder = Interlocked.Exchange(ref _ended, true);
        await _over.CancelAsync();
        try
        {
            PeerStream stream = await _opening;
            if (!inOrder)
            {
                stream.Reset();
            }

            await _watching;
            await stream.DisposeAsync();
        }
        catch (Exception broken) when (StreamLoss.Is(broken) || broken is OperationCanceledException)
        {
            // It was lost already, and that was told.
        }

        _over.Dispose();
    }

    private async Task<PeerStream> OpenAsync(LocalPeer peer, PeerId to, TimeProvider time)
    {
        using CancellationTokenSource late = new(OpenTimeout, time);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _over.Token);
        PeerStream stream = await peer.OpenStreamAsync(to, PipelineProtocols.Activation, linked.Token);
        try
        {
            await FrameWriter.WriteAsync(stream.Output, ActivationFrame.Begin(_receiver), linked.Token);
            return stream;
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    private async ValueTask OpenThenWriteAsync(ActivationFrame frame, CancellationToken cancellationToken)
    {
        PeerStream stream = await _opening.WaitAsync(cancellationToken);
        await FrameWriter.WriteAsync(stream.Output, frame, cancellationToken);
    }

    // The receiver never writes: it may close its side, but a byte or a break is the end of this hop.
    private async Task WatchAsync()
    {
        string reason;
        try
        {
            PipeReader back = (await _opening).Input;
            ReadResult result = await back.ReadAsync(_over.Token);
            if (result.Buffer.IsEmpty)
            {
                return;
            }

            reason = "it wrote on a one-way stream";
        }
        catch (OperationCanceledException) when (!_over.IsCancellationRequested)
        {
            reason = "it could not be reached in time";
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception broken) when (StreamLoss.Is(broken))
        {
            reason = broken.Message;
        }

        if (!Volatile.Read(ref _ended))
        {
            _lost(reason);
        }
    }
}
