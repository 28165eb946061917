using System.Buffers;
using System.Runtime.CompilerServices;
using Aria.Libp2p;
using Aria.Pipeline.Control;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Streams;
using Microsoft.Extensions.Logging;

namespace Aria.Pipeline.Stages;

/// <summary>The data path: the predecessor's frames in, the own ones on to the successor (specs/pipeline.md §3).</summary>
internal sealed partial class StageSession
{
    private readonly InputGate _gate;
    private readonly PeerId _successor;
    private readonly Multiaddress[] _successorAddresses;
    private readonly CancellationTokenSource _stopped = new();
    private readonly TaskCompletionSource<ControlMessage.Fault?> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);   // null: all passed on, or stopped from here
    private readonly TaskCompletionSource _reported = new(TaskCreationOptions.RunContinuationsAsynchronously);                            // the fault is out
    private readonly TaskCompletionSource _passed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _begun;
    private int _sent;

    /// <summary>Takes the predecessor's stream, whose <c>begin</c> is read.</summary>
    public async Task PassAsync(PeerStream input, FrameReader frames, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped.Token);
        ControlMessage.Fault? fault = null, successorLost = null;
        bool done = false;
        Hop hop = OpenHop(reason =>
        {
            Interlocked.CompareExchange(ref successorLost, new(FaultCode.SuccessorLost, _sent, null, reason), null);
            ending.Cancel();
        });
        try
        {
            await PassOnAsync(frames, hop, ending.Token);
            done = true;
        }
        catch (StageFaultException broken)
        {
            fault = broken.Fault;
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            fault = successorLost;
        }
        catch (Exception failure)
        {
            LogError(_context.Logger, _session, failure);
            fault = new(FaultCode.Internal, _gate.Next, null, failure.Message);
        }

        _outcome.TrySetResult(fault);
        if (fault is not null)
        {
            await _reported.Task;       // before the neighbours report the streams' end
        }

        if (!done)
        {
            input.Reset();
        }

        await hop.DisposeAsync();
        _passed.TrySetResult();
    }

    private async Task PassOnAsync(FrameReader frames, Hop hop, CancellationToken cancellationToken)
    {
        SessionKey receiver = _session with { Index = _session.Index + 1 };
        while (true)
        {
            ActivationFrame frame = await ReadAsync(frames, cancellationToken);
            if (frame.Kind == FrameKind.End)
            {
                await SendAsync(hop.EndAsync(frame.Position, cancellationToken));
                return;
            }

            ActivationFrame answer = await _computation.StepAsync(frame, receiver);
            cancellationToken.ThrowIfCancellationRequested();
            await SendAsync(hop.WriteAsync(answer, cancellationToken));
            Volatile.Write(ref _sent, _gate.Next);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ActivationFrame> ReadAsync(FrameReader frames, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte>? bytes;
        try
        {
            bytes = await frames.ReadAsync(ActivationFrame.MaxFrameBytes, cancellationToken);
        }
        catch (MalformedStreamException malformed)
        {
            throw BadInput(malformed.Message);
        }
        catch (Exception broken) when (StreamLoss.Is(broken))
        {
            throw new StageFaultException(FaultCode.PredecessorLost, broken.Message, _gate.Next, null, broken);
        }

        if (bytes is null)
        {
            throw new StageFaultException(FaultCode.PredecessorLost, "The stream closed without its end.", _gate.Next);
        }

        if (ActivationFrame.TryDecode(bytes.Value, out ActivationFrame frame) != OperationStatus.Done)
        {
            throw BadInput("The bytes are no frame.");
        }

        return _gate.Problem(frame) is { } problem ? throw BadInput(problem) : frame;
    }

    private StageFaultException BadInput(string text) => new(FaultCode.BadInput, text, _gate.Next);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(ValueTask sending)
    {
        try
        {
            await sending;
        }
        catch (Exception broken) when (StreamLoss.Is(broken))
        {
            throw new StageFaultException(FaultCode.SuccessorLost, broken.Message, _sent, null, broken);
        }
    }

    private ValueTask SendAsync(Task sending) => SendAsync(new ValueTask(sending));

    private Hop OpenHop(Action<string> lost)
    {
        if (_successor != _context.Peer.Id && _successorAddresses.Length > 0)
        {
            _context.Peer.AddAddresses(_successor, _successorAddresses);
        }

        return new(_context.Peer, _successor, _session with { Index = _session.Index + 1 }, lost, _context.Time);
    }

    // Lets no input in any more and waits until what is under way has ended. The step that is being computed counts.
    private async Task StopDataAsync()
    {
        _begun |= _context.Router.Forget(_session);
        await _stopped.CancelAsync();
        _reported.TrySetResult();
        if (_begun)
        {
            await _passed.Task;
        }
    }

    // An address of a protocol that is unknown here, or of another peer, is of no use.
    private static Multiaddress[] AddressesOf(ControlMessage.Open open, PeerId successor)
    {
        List<Multiaddress> addresses = [];
        foreach (ReadOnlyMemory<byte> bytes in open.SuccessorAddresses)
        {
            if (Multiaddress.TryParse(bytes.Span, out Multiaddress? address) && (address.Peer is null || address.Peer == successor))
            {
                addresses.Add(address);
            }
        }

        return [.. addresses];
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Session {Session} met an error of this node")]
    private static partial void LogError(ILogger logger, SessionKey session, Exception exception);
}
