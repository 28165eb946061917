using Aria.Libp2p;
using Aria.Pipeline.Control;
using Aria.Pipeline.Streams;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Signatures;

namespace Aria.Pipeline.Gateways;

/// <summary>A gateway's control stream to one stage.</summary>
internal sealed class StageLine(Signed<JobPlan> plan, int stage, TimeProvider time, Action<StageLine, ControlMessage.Fault?> report) : IAsyncDisposable
{
    private readonly TaskCompletionSource<Signed<StageReceipt>?> _receipt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ControlMessage?> _logged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<ControlMessage.Progress?> _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ControlStream? _control;
    private Task _reading = Task.CompletedTask;

    public int Stage => stage;

    public NodeId Node => plan.Value.Stages[stage].Node;

    /// <summary>The stage's signature under the plan, once it accepted.</summary>
    public byte[]? Acceptance { get; private set; }

    /// <summary>Whether the stream is over.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Asks the stage to take its part. Null: accepted, or given up by the token.</summary>
    public async Task<StageFailure?> OpenAsync(LocalPeer peer, ControlMessage.Open open, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(timeout, time);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            _control = new(await peer.OpenStreamAsync(Node.Peer(), PipelineProtocols.Stage, linked.Token), time);
            if (!await _control.TrySendAsync(open))
            {
                return Unreachable("the connection broke");
            }

            ControlMessage? answer = await _control.ReadAsync().WaitAsync(linked.Token);
            switch (answer)
            {
                case ControlMessage.Accepted accepted when PlanAcceptance.Verify(Node, plan.PayloadDigest, stage, accepted.Signature.Span):
                    Acceptance = accepted.Signature.ToArray();
                    _reading = ReadAsync(_control);
                    return null;
                case ControlMessage.Refused refused:
                    return new(stage, Node, StageFailureKind.Refused, refused.Text, Refusal: refused.Code);
                default:
                    return Unreachable(answer is null ? "the stream ended without an answer" : "the answer is none");
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            return Unreachable("no answer came in time");
        }
        catch (Exception broken) when (StreamLoss.Is(broken))
        {
            return Unreachable(broken.Message);
        }
    }

    /// <summary>How far the stage is; null if it does not say so in time.</summary>
    public async Task<ControlMessage.Progress?> ProbeAsync(TimeSpan timeout)
    {
        TaskCompletionSource<ControlMessage.Progress?> progress = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _progress, progress);
        return await AskAsync(new ControlMessage.Probe(), progress.Task, timeout, CancellationToken.None);
    }

    /// <summary>Sends <c>finish</c> or <c>abort</c>: the stage's receipt, if one comes in time that is its own and about this attempt.</summary>
    public Task<Signed<StageReceipt>?> EndAsync(ControlMessage finishOrAbort, TimeSpan timeout, CancellationToken cancellationToken) =>
        AskAsync(finishOrAbort, _receipt.Task, timeout, cancellationToken);

    /// <summary>Gives the stage the record; whether it is in its log.</summary>
    public async Task<bool> RecordAsync(ReadOnlyMemory<byte> signedRecord, TimeSpan timeout, CancellationToken cancellationToken) =>
        _receipt.Task is { IsCompletedSuccessfully: true, Result: not null }
        && await AskAsync(new ControlMessage.Record(signedRecord), _logged.Task, timeout, cancellationToken) is ControlMessage.Logged;

    public async ValueTask DisposeAsync()
    {
        if (_control is not null)
        {
            await _control.DisposeAsync();
            await _reading;
        }
    }

    private async Task<T?> AskAsync<T>(ControlMessage message, Task<T?> answer, TimeSpan timeout, CancellationToken cancellationToken)
        where T : class
    {
        if (_control is null || IsEnded || !await _control.TrySendAsync(message))
        {
            return null;
        }

        try
        {
            return await answer.WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private async Task ReadAsync(ControlStream control)
    {
        while (await control.ReadAsync() is { } message)
        {
            switch (message)
            {
                case ControlMessage.Fault fault:
                    report(this, fault);
                    break;
                case ControlMessage.Progress progress:
                    Volatile.Read(ref _progress).TrySetResult(progress);
                    break;
                case ControlMessage.Receipt receipt:
                    _receipt.TrySetResult(OwnReceipt(receipt.SignedReceipt.ToArray()));
                    break;
                case ControlMessage.Logged or ControlMessage.Refused:
                    _logged.TrySetResult(message);
                    break;
                default:
                    control.Reset();
                    break;
            }
        }

        IsEnded = true;
        Volatile.Read(ref _progress).TrySetResult(null);
        _receipt.TrySetResult(null);
        _logged.TrySetResult(null);
        report(this, null);
    }

    // A receipt that is not what was asked for would make the record invalid: it counts as none.
    private Signed<StageReceipt>? OwnReceipt(byte[] bytes) =>
        Signed.TryOpen(bytes, out Signed<StageReceipt>? signed) == OpenStatus.Done
            && signed!.Value is var receipt && receipt.Node == Node && receipt.Stage == stage && receipt.Plan == plan.PayloadDigest
            && receipt.Job == plan.Value.Job && receipt.Epoch == plan.Value.Epoch && receipt.FirstPosition == 0
            ? signed
            : null;

    private StageFailure Unreachable(string text) => new(stage, Node, StageFailureKind.Unreachable, text);
}
