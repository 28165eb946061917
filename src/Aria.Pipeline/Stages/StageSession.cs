using Aria.Pipeline.Control;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Streams;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;
using Microsoft.Extensions.Logging;

namespace Aria.Pipeline.Stages;

/// <summary>
/// A stage's part in one attempt, from the acceptance to the log. This half answers the control stream; the other one passes the data on
/// (specs/pipeline.md §1, §2).
/// </summary>
internal sealed partial class StageSession : IDisposable
{
    private readonly StageContext _context;
    private readonly ControlStream _control;
    private readonly Signed<JobPlan> _plan;
    private readonly SessionKey _session;
    private readonly StageComputation _computation;
    private readonly CancellationTokenSource _over = new();                 // frees timers
    private Task<ControlMessage?>? _reading;
    private Task _shuttingDown = Task.CompletedTask;

    public StageSession(StageContext context, ControlStream control, Admission admission, SessionKey session, StageComputation computation, ControlMessage.Open open)
    {
        _context = context;
        _control = control;
        _plan = admission.Plan;
        _session = session;
        _computation = computation;
        JobPlan plan = admission.Plan.Value;
        _gate = new(plan, session, admission.Thread.Engine.Shape.Dim, admission.Thread.Engine.Shape.Vocabulary);
        _successor = session.Index + 1 < plan.Stages.Length ? plan.Stages[session.Index + 1].Node.Peer() : plan.Gateway.Peer();
        _successorAddresses = AddressesOf(open, _successor);
    }

    private enum Event
    {
        Message,
        Ended,
        Data,
        Timer,
        ShuttingDown,
    }

    private enum Ending
    {
        Finished,
        Aborted,
        Lost,       // the gateway asks for nothing any more
    }

    /// <summary>Serves the session to its end; the acceptance is out.</summary>
    public async Task RunAsync(CancellationToken shutdown)
    {
        TaskCompletionSource shuttingDown = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = shutdown.Register(shuttingDown.SetResult);
        _shuttingDown = shuttingDown.Task;
        try
        {
            Ending ending = await ComputeAsync();
            await StopDataAsync();
            Signed<StageReceipt> receipt = await SignAsync();
            if (!await RecordedAsync(ending, receipt) && receipt.Value.PositionCount > 0)
            {
                await LogFailedAsync(receipt);
            }
        }
        finally
        {
            await StopDataAsync();
            Release();
            _context.Table.Remove(_session);
            await _over.CancelAsync();
        }
    }

    /// <summary>After <see cref="RunAsync"/>.</summary>
    public void Dispose()
    {
        _over.Dispose();
        _stopped.Dispose();
    }

    // Until finish has been followed, or abort, or nothing more can come.
    private async Task<Ending> ComputeAsync()
    {
        Task? data = _outcome.Task;
        Task timer = Delay(Patience());
        bool broken = false;
        int before = 0;
        while (true)
        {
            (Event what, ControlMessage? message) = await NextAsync(data, timer);
            switch (what)
            {
                case Event.Data:
                    data = null;
                    broken = await ReportAsync(await _outcome.Task);
                    timer = broken ? Delay(_context.Options.RecordTimeout) : timer;
                    break;
                case Event.Timer when broken:
                    return Ending.Lost;
                case Event.Timer when UntilDeadline() > TimeSpan.Zero && (_gate.Next > before || _gate.Next > Volatile.Read(ref _sent)):
                    before = _gate.Next;
                    timer = Delay(Patience());
                    break;
                case Event.Timer:
                    await StopDataAsync();
                    data = null;
                    broken = await ReportAsync(UntilDeadline() > TimeSpan.Zero
                        ? new(FaultCode.PredecessorLost, _gate.Next, null, $"No frame came in {_context.Options.IdleTimeout}.")
                        : new(FaultCode.Deadline, _gate.Next, null, "The plan's deadline has passed."));
                    timer = Delay(_context.Options.RecordTimeout);
                    break;
                case Event.ShuttingDown:
                    await StopDataAsync();
                    _ = broken || await ReportAsync(new(FaultCode.ShuttingDown, _gate.Next, null, "The node is going down."));
                    return Ending.Lost;
                case Event.Message when message is ControlMessage.Finish:
                    return data is null ? Ending.Finished : await DrainAsync(data);
                case Event.Message when message is ControlMessage.Abort:
                    return Ending.Aborted;
                case Event.Message:
                    _control.Reset();
                    return Ending.Lost;
                default:
                    return Ending.Lost;
            }
        }
    }

    // After finish: the input before `end` is still to be computed.
    private async Task<Ending> DrainAsync(Task data)
    {
        switch ((await NextAsync(data, Delay(_context.Options.FinishTimeout))).What)
        {
            case Event.Data:
                await ReportAsync(await _outcome.Task);
                return Ending.Finished;
            case Event.Timer:
                return Ending.Finished;
            case Event.Message:
                _control.Reset();
                return Ending.Lost;
            default:
                return Ending.Lost;
        }
    }

    private async Task<Signed<StageReceipt>> SignAsync()
    {
        (Signed<StageReceipt> receipt, StageTrace trace) = _computation.Sign(_context.Key);
        Release();
        if (trace.PositionCount > 0)
        {
            try
            {
                await _context.Log.KeepTraceAsync(trace, CancellationToken.None);
            }
            catch (Exception failure)
            {
                LogNoTrace(_context.Logger, _session, failure);
            }
        }

        return receipt;
    }

    // Gives the receipt and waits for the record; whether it stands in the log.
    private async Task<bool> RecordedAsync(Ending ending, Signed<StageReceipt> receipt)
    {
        if (ending == Ending.Lost || !await _control.TrySendAsync(new ControlMessage.Receipt(receipt.Bytes)))
        {
            return false;
        }

        // After an abort the gateway may be at work on the next attempt, at most until the deadline.
        TimeSpan patience = _context.Options.RecordTimeout + (ending == Ending.Aborted ? UntilDeadline() : TimeSpan.Zero);
        switch (await NextAsync(null, Delay(patience)))
        {
            case (Event.Message, ControlMessage.Record record):
                return await LogAsync(record.Bytes.ToArray(), receipt);
            case (Event.Message, _):
                _control.Reset();
                return false;
            default:
                return false;
        }
    }

    private async Task<bool> LogAsync(byte[] record, Signed<StageReceipt> receipt)
    {
        if (RecordProblem(record, receipt) is { } problem)
        {
            await _control.TrySendAsync(new ControlMessage.Refused(RefusalCode.BadRecord, problem));
            return false;
        }

        try
        {
            (long sequence, Digest leaf) = await _context.Log.AppendRecordAsync(record, CancellationToken.None);
            await _control.TrySendAsync(new ControlMessage.Logged(sequence, leaf));
            return true;
        }
        catch (Exception failure)
        {
            LogNotLogged(_context.Logger, _session, failure);
            await _control.TrySendAsync(new ControlMessage.Refused(RefusalCode.NotLogged, "the log took no entry"));
            return false;
        }
    }

    // A record is taken if its gateway signed it and it holds this stage's receipt unchanged; the rest is for whoever checks records.
    private string? RecordProblem(byte[] bytes, Signed<StageReceipt> receipt)
    {
        OpenStatus status = Signed.TryOpen(bytes, out Signed<InferenceRecord>? signed);
        if (status != OpenStatus.Done)
        {
            return $"the record: {status}";
        }

        InferenceRecord record = signed!.Value;
        if (record.Gateway != _plan.Value.Gateway || record.Job != _session.Job)
        {
            return "the record of another job or gateway";
        }

        RecordAttempt[] attempts = [.. record.Attempts.Where(attempt => attempt.Epoch == _session.Epoch)];
        return attempts.Length == 1 && _session.Index < attempts[0].Receipts.Length
            && attempts[0].Receipts[_session.Index] is { } own && own.AsSpan().SequenceEqual(receipt.Bytes.Span)
            ? null
            : $"the record does not hold the receipt of stage {_session.Index} in epoch {_session.Epoch}";
    }

    private async Task LogFailedAsync(Signed<StageReceipt> receipt)
    {
        try
        {
            await _context.Log.AppendFailedAsync(receipt.Bytes, CancellationToken.None);
            LogFailed(_context.Logger, _session);
        }
        catch (Exception failure)
        {
            LogNotLogged(_context.Logger, _session, failure);
        }
    }

    // The next thing that happens. Probes are answered on the way.
    private async Task<(Event What, ControlMessage? Message)> NextAsync(Task? data, Task timer)
    {
        while (true)
        {
            _reading ??= _control.ReadAsync();
            await Task.WhenAny(data is null ? [_reading, _shuttingDown, timer] : [_reading, _shuttingDown, timer, data]);
            if (_shuttingDown.IsCompleted)
            {
                return (Event.ShuttingDown, null);
            }

            if (data is { IsCompleted: true })
            {
                return (Event.Data, null);
            }

            if (!_reading.IsCompleted)
            {
                return (Event.Timer, null);
            }

            ControlMessage? message = await _reading;
            if (message is null)
            {
                return (Event.Ended, null);
            }

            _reading = null;
            if (message is not ControlMessage.Probe)
            {
                return (Event.Message, message);
            }

            await _control.TrySendAsync(new ControlMessage.Progress(_gate.Next, Volatile.Read(ref _sent)));
        }
    }

    private async Task<bool> ReportAsync(ControlMessage.Fault? fault)
    {
        if (fault is null)
        {
            return false;
        }

        _context.Metrics.Faulted(fault.Code);
        LogFault(_context.Logger, _session, fault.Code, fault.Text);
        await _control.TrySendAsync(fault);
        _reported.TrySetResult();
        return true;
    }

    private void Release()
    {
        _computation.Dispose();
        _context.Table.FreeRoom(_session);
    }

    private Task Delay(TimeSpan delay) => Task.Delay(delay, _context.Time, _over.Token);

    private TimeSpan Patience() => UntilDeadline() is var left && left < _context.Options.IdleTimeout ? left : _context.Options.IdleTimeout;

    private TimeSpan UntilDeadline()
    {
        long left = _plan.Value.DeadlineUnixMs - _context.Time.GetUtcNow().ToUnixTimeMilliseconds();
        return TimeSpan.FromMilliseconds(Math.Max(0, left));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Session {Session} is broken: {Code}, {Text}")]
    private static partial void LogFault(ILogger logger, SessionKey session, FaultCode code, string text);

    [LoggerMessage(Level = LogLevel.Information, Message = "No record came for session {Session}; its receipt was logged alone")]
    private static partial void LogFailed(ILogger logger, SessionKey session);

    [LoggerMessage(Level = LogLevel.Error, Message = "Session {Session} could not be written to the log")]
    private static partial void LogNotLogged(ILogger logger, SessionKey session, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "The trace of session {Session} could not be kept")]
    private static partial void LogNoTrace(ILogger logger, SessionKey session, Exception exception);
}
