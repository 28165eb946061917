using System.Buffers;
using System.Collections.Immutable;
using Aria.Libp2p;
using Aria.Pipeline.Control;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Gateways;
using Aria.Pipeline.Streams;
using Microsoft.Extensions.Logging;

namespace Aria.Pipeline;

/// <summary>The answers' way in, and what is concluded from reports and silence (specs/pipeline.md §4).</summary>
public sealed partial class PipelineSession
{
    private readonly SessionKey _receiver;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _blameTimer;
    private readonly ITimer _stepTimer;
    private StageFailure? _suspect;
    private ImmutableArray<StageFailure> _failures = [];
    private bool _ending;           // reports count no more
    private bool _begun;            // the last stage's stream has come

    private async Task ReceiveAsync(PeerStream stream, FrameReader frames, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopped.Token);
        try
        {
            await ReceiveFramesAsync(frames, ending.Token);
        }
        catch (OperationCanceledException)
        {
            stream.Reset();
        }
        catch (InvalidDataException bad)
        {
            stream.Reset();
            Fail([new(_lines.Length - 1, _lines[^1].Node, StageFailureKind.Faulted, bad.Message, Fault: FaultCode.BadInput)]);
        }
        catch (Exception broken) when (StreamLoss.Is(broken))
        {
            stream.Reset();
            Suspect(_lines.Length - 1, FaultCode.PredecessorLost, broken.Message);
        }
        finally
        {
            _received.SetResult();
        }
    }

    private async Task ReceiveFramesAsync(FrameReader frames, CancellationToken cancellationToken)
    {
        List<HeadAnswer> answers = [];
        while (true)
        {
            ReadOnlyMemory<byte>? bytes;
            try
            {
                bytes = await frames.ReadAsync(ActivationFrame.MaxFrameBytes, cancellationToken);
            }
            catch (MalformedStreamException malformed)
            {
                throw new InvalidDataException(malformed.Message, malformed);
            }

            if (bytes is null)
            {
                throw new EndOfStreamException("The stream closed without its end.");
            }

            if (ActivationFrame.TryDecode(bytes.Value, out ActivationFrame frame) != OperationStatus.Done)
            {
                throw new InvalidDataException("The bytes are no frame.");
            }

            if (_gate.Problem(frame, answers) is { } problem)
            {
                throw new InvalidDataException(problem);
            }

            if (frame.Kind == FrameKind.End)
            {
                return;
            }

            ArmStepTimer();
            _window.Release();
            foreach (HeadAnswer answer in answers)
            {
                _answers.Writer.TryWrite(answer);
            }
        }
    }

    private async ValueTask EnterWindowAsync(CancellationToken cancellationToken)
    {
        ThrowIfOver();
        Task entering = _window.WaitAsync(cancellationToken);
        if (!entering.IsCompleted)
        {
            await Task.WhenAny(entering, _over.Task);
            ThrowIfOver();
        }

        await entering;
    }

    // A stage speaks, or its stream has ended (null).
    private void Report(StageLine line, ControlMessage.Fault? fault)
    {
        if (fault is null)
        {
            Fail([.. _lines.Where(other => other.IsEnded).Select(other => new StageFailure(other.Stage, other.Node, StageFailureKind.Disconnected, "its stream ended"))]);
            return;
        }

        (int stage, bool firstHand) = Blame.Of(line.Stage, _lines.Length, fault.Code);
        string text = stage == line.Stage ? fault.Text : $"stage {line.Stage} says: {fault.Text}";
        if (firstHand)
        {
            Fail([new(stage, _lines[stage].Node, StageFailureKind.Faulted, text, Fault: fault.Code)]);
        }
        else
        {
            Suspect(stage, fault.Code, text);
        }
    }

    // One loss is often seen by three: whoever lost it may speak for itself within the blame wait. Bad input is also seen as a loss by its sender.
    private void Suspect(int stage, FaultCode? code, string text)
    {
        lock (_lock)
        {
            if (_ending || !_failures.IsEmpty)
            {
                return;
            }

            if (_suspect is null)
            {
                _blameTimer.Change(_options.BlameWait, Timeout.InfiniteTimeSpan);
            }

            if (_suspect is null || (code == FaultCode.BadInput && _suspect.Fault != FaultCode.BadInput))
            {
                _suspect = new(stage, _lines[stage].Node, StageFailureKind.Faulted, text, Fault: code);
            }
        }
    }

    private void BlameSuspect() => Fail([_suspect!]);

    private async Task ProbeAsync()
    {
        if (_gate.IsIdle)
        {
            return;
        }

        ControlMessage.Progress?[] progress = await Task.WhenAll(_lines.Select(line => line.ProbeAsync(_options.ProbeTimeout)));
        int stage = Blame.OfProgress(progress);
        string text = progress[stage] is { } seen
            ? $"received {seen.Received} positions and passed on {seen.Sent}"
            : "no answer to a probe";
        Fail([new(stage, _lines[stage].Node, StageFailureKind.TimedOut, text)]);
    }

    private void Fail(ImmutableArray<StageFailure> failures)
    {
        lock (_lock)
        {
            if (_ending || !_failures.IsEmpty)
            {
                return;
            }

            _failures = failures;
        }

        PipelineFaultException fault = new(failures);
        LogFault(_logger, Plan.Value.Job, Plan.Value.Epoch, fault.Reason);
        _over.TrySetResult();
        _answers.Writer.TryComplete(fault);
        _stopped.Cancel();
    }

    private void ThrowIfOver()
    {
        lock (_lock)
        {
            if (!_failures.IsEmpty)
            {
                throw new PipelineFaultException(_failures);
            }

            if (_ending)
            {
                throw new InvalidOperationException("The session was finished or aborted.");
            }
        }
    }

    // Something broke whose cause is not settled yet.
    private async Task FaultAsync(CancellationToken cancellationToken)
    {
        await _over.Task.WaitAsync(cancellationToken);
        ThrowIfOver();
    }

    // False: only if nothing failed. Null: whatever was before.
    private void BeginEnding(bool? alsoFaulted)
    {
        lock (_lock)
        {
            if (alsoFaulted == false && !_failures.IsEmpty)
            {
                throw new PipelineFaultException(_failures);
            }

            if (alsoFaulted is not null && _ending)
            {
                throw new InvalidOperationException("The session was finished or aborted before.");
            }

            _ending = true;
        }

        _stepTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _blameTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _answers.Writer.TryComplete();
        _over.TrySetResult();
    }

    private async Task StopDataAsync()
    {
        await _stopped.CancelAsync();
        _begun |= _router.Forget(_receiver);
        if (Interlocked.Exchange(ref _hop, null) is { } hop)
        {
            await hop.DisposeAsync();
        }

        if (_begun)
        {
            await _received.Task;
        }
    }

    private void ArmStepTimer() => _stepTimer.Change(_gate.IsIdle ? Timeout.InfiniteTimeSpan : _options.StepTimeout, Timeout.InfiniteTimeSpan);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Attempt {Epoch} at job {Job} is broken: {Reason}")]
    private static partial void LogFault(ILogger logger, JobId job, int epoch, string reason);
}
