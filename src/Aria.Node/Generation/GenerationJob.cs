using System.Collections.Immutable;
using System.Threading.Channels;
using Aria.Discovery;
using Aria.Ledger;
using Aria.Ledger.Entries;
using Aria.Libp2p;
using Aria.Pipeline;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;
using Aria.Scheduling;
using Microsoft.Extensions.Logging;

namespace Aria.Node.Generation;

/// <summary>
/// One generation (specs/node.md §2): plan, open, tokens, and on a loss again without the lost over all that is known; then receipts, record, logs. Whoever
/// reads the events may leave at any time: then the attempt is aborted and the record says cancelled.
/// </summary>
/// <param name="parts">The node's.</param>
/// <param name="options">Bounds.</param>
/// <param name="request">Checked.</param>
/// <param name="events">Completed by <see cref="RunAsync"/>; a full channel holds the generation up.</param>
/// <param name="beforeRelease">Called with each token before it is an event.</param>
/// <param name="lifetime">The node's: gives up even the recording.</param>
internal sealed partial class GenerationJob(
    GenerationParts parts, GenerationOptions options, GenerationRequest request, ChannelWriter<GenerationEvent> events,
    Func<JobId, int, PipelinePlan, ValueTask>? beforeRelease, TimeProvider time, ILogger logger, CancellationToken lifetime)
{
    private readonly JobAttempts _attempts = new(parts, request);
    private readonly TokenStream _tokens = new(request);
    private readonly List<PipelineSession> _sessions = [];
    private readonly HashSet<NodeId> _lost = [], _refusing = [];
    private readonly long _began = time.GetTimestamp();
    private PipelinePlan? _plan;
    private SwarmSnapshot? _swarm;      // that it was made over
    private TimeSpan _toFirst;
    private string _lastFault = "";

    public JobId Id => _attempts.Job;

    /// <summary>The sessions' last work, the logging of the record at the stages, which may outlast the answer.</summary>
    public Task Recording { get; private set; } = Task.CompletedTask;

    /// <summary>Generates; does not throw.</summary>
    public async Task RunAsync(CancellationToken client)
    {
        Exception? failure = null;
        FinishReason finish;
        using (CancellationTokenSource late = new(options.MaxDuration, time))
        using (CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(client, late.Token))
        {
            try
            {
                finish = await AnswerAsync(either.Token);
            }
            catch (OperationCanceledException) when (client.IsCancellationRequested)
            {
                finish = FinishReason.Cancelled;
                failure = new OperationCanceledException(client);
            }
            catch (Exception e)
            {
                finish = FinishReason.Failed;
                failure = e switch
                {
                    GenerationException known => known,
                    OperationCanceledException => new GenerationFailedException($"The generation did not end within {options.MaxDuration}.", _attempts.Count),
                    _ => new GenerationFailedException($"The generation failed: {e.Message}", _attempts.Count, e),
                };
                LogFailed(logger, Id, failure.Message, e is GenerationException or OperationCanceledException ? null : e);
            }
        }

        TimeSpan total = time.GetElapsedTime(_began);
        await _attempts.SettleAsync();
        (RecordId? record, long? index, string? problem) = _attempts.Count == 0 ? (null, null, null) : await RecordAsync(finish, total);
        if (failure is GenerationException { } told)
        {
            (told.Job, told.Record, told.LedgerIndex) = (Id, record, index);
        }
        else if (failure is null)
        {
            LogDone(logger, Id, _tokens.Chosen, total.TotalMilliseconds, _attempts.Count, record);
            await FinishAsync(
                new(finish, record, index, problem, _attempts.Count, _plan!, _attempts.Energy, _toFirst, total, request.Prompt.Length, _tokens.Chosen), client);
        }

        events.TryComplete(failure);
    }

    private async Task FinishAsync(GenerationEvent.Finished finished, CancellationToken client)
    {
        try
        {
            await events.WriteAsync(finished, client);
        }
        catch (OperationCanceledException)
        {
            // nobody reads any more
        }
    }

    private async Task<FinishReason> AnswerAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_attempts.Count == options.MaxAttempts)
            {
                throw new GenerationFailedException($"{_attempts.Count} pipelines failed, the last one because of {_lastFault}", _attempts.Count);
            }

            _plan = Plan();
            Signed<JobPlan> signed = _attempts.Plan(_plan, _tokens.Known.Count, time.GetUtcNow(), options.MaxDuration);
            if (await AttemptAsync(_plan, signed, cancellationToken) is { } finish)
            {
                return finish;
            }
        }
    }

    private PipelinePlan Plan()
    {
        SwarmSnapshot swarm = _swarm = parts.Directory.SwarmFor(request.Model.Id, request.Model.Shape.Layers, parts.Self);
        PlanResult result = PipelinePlanner.Plan(swarm, _lost.Union(_refusing).ToHashSet(), request.Positions);
        return result switch
        {
            PlanResult.Found found => found.Plan,
            PlanResult.Uncovered when _refusing.Count > 0 && PipelinePlanner.Plan(swarm, _lost, request.Positions) is PlanResult.Found =>
                throw new GenerationFailedException($"Every pipeline leads through nodes that refuse their part: {_lastFault}", _attempts.Count),
            PlanResult.Uncovered uncovered => throw new NoRouteException(uncovered),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    // Null: a stage was lost, or refused, and there is another attempt to be made.
    private async Task<FinishReason?> AttemptAsync(PipelinePlan plan, Signed<JobPlan> signed, CancellationToken cancellationToken)
    {
        PipelineSession session;
        try
        {
            session = await parts.Gateway.OpenAsync(signed, _attempts.Key, request.Model.Shape.Vocabulary, AddressesOf(plan), cancellationToken);
        }
        catch (PipelineFaultException fault)
        {
            _attempts.AddUnopened(signed, fault.Reason);
            Exclude(fault);
            return null;
        }
        catch (OperationCanceledException)
        {
            _attempts.AddUnopened(signed, "given up");
            throw;
        }

        _sessions.Add(session);
        EndDigests ends = new(signed.Value, _attempts.Key);
        FinishReason finish;
        try
        {
            if (_sessions.Count == 1)
            {
                await events.WriteAsync(new GenerationEvent.Started(Id, plan), cancellationToken);
            }

            finish = await TokensAsync(session, ends, plan, cancellationToken);
        }
        catch (Exception e)
        {
            string reason = e switch
            {
                PipelineFaultException lost => lost.Reason,
                OperationCanceledException => "given up",
                _ => "an error of the gateway's",
            };
            Task<ImmutableArray<byte[]?>> receipts = BelievedAsync(AbortAsync(session, reason), ends);
            _attempts.Add(session, receipts, reason);
            if (e is not PipelineFaultException fault)
            {
                throw;
            }

            // A stage that hangs must not hold the next attempt up; those that answer have room again.
            Exclude(fault);
            await Task.WhenAny(receipts, Task.Delay(options.MaxAbortWait, time, cancellationToken));
            return null;
        }

        _attempts.Add(session, BelievedAsync(FinishAsync(session), ends), fault: null);
        return finish;
    }

    private async Task<FinishReason> TokensAsync(PipelineSession session, EndDigests ends, PipelinePlan plan, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<uint> next = _tokens.Known.ToArray();
        StepTimes steps = new();
        for (bool prefill = true; ; prefill = false)
        {
            ends.AddTokens(next.Span);
            long sent = time.GetTimestamp();
            await session.SendAsync(next, cancellationToken);
            HeadAnswer answer = await session.ReceiveAsync(cancellationToken);
            if (!prefill)
            {
                steps.Add(time.GetElapsedTime(sent));
            }

            ends.AddAnswer(answer);
            ChosenToken chosen = _tokens.Choose(answer);
            if (_tokens.Chosen == 1)
            {
                _toFirst = time.GetElapsedTime(_began);
            }

            if (beforeRelease is not null)
            {
                await beforeRelease(Id, _tokens.Chosen, plan);
            }

            await events.WriteAsync(new GenerationEvent.Token(_tokens.Chosen, chosen.Token, chosen.Text, plan) { LogProbabilities = chosen.LogProbabilities }, cancellationToken);
            if (_tokens.Finish is { } finish)
            {
                steps.Report(parts.Directory, _swarm!, plan);
                return finish;
            }

            next = new[] { chosen.Token };
        }
    }

    private void Exclude(PipelineFaultException fault)
    {
        _lastFault = fault.Reason;
        LogLost(logger, Id, _attempts.Count, fault.Reason);
        foreach (StageFailure failure in fault.Failures)
        {
            if (failure.Kind == StageFailureKind.Refused)
            {
                _refusing.Add(failure.Node);
            }
            else if (_lost.Add(failure.Node))
            {
                parts.Directory.ReportLost(failure.Node);
            }
        }
    }

    private List<IReadOnlyList<Multiaddress>> AddressesOf(PipelinePlan plan)
    {
        DirectorySnapshot snapshot = parts.Directory.Snapshot;
        return
        [
            .. plan.Stages.Select(stage =>
                stage.Node == parts.Self ? parts.Peer.AnnouncedAddresses
                : snapshot.Find(stage.Node) is { } known ? known.Record.Addresses
                : parts.Peer.AddressesOf(stage.Node.PeerIdOf())),
        ];
    }

    // The answer is whole, so that it does not hang on the receipts: without some the record says less.
    private async Task<ImmutableArray<byte[]?>> FinishAsync(PipelineSession session)
    {
        try
        {
            return await session.FinishAsync(lifetime);
        }
        catch (PipelineFaultException lost)
        {
            return await AbortAsync(session, lost.Reason);
        }
        catch (OperationCanceledException)
        {
            return NoReceipts(session);
        }
    }

    private async Task<ImmutableArray<byte[]?>> AbortAsync(PipelineSession session, string reason)
    {
        try
        {
            return await session.AbortAsync(reason, lifetime);
        }
        catch (OperationCanceledException)
        {
            return NoReceipts(session);
        }
    }

    private async Task<ImmutableArray<byte[]?>> BelievedAsync(Task<ImmutableArray<byte[]?>> receipts, EndDigests ends)
    {
        byte[]?[] believed = [.. await receipts];
        using EndDigests known = ends;
        for (int stage = 0; stage < believed.Length; stage++)
        {
            if (believed[stage] is { } bytes && Signed.TryOpen(bytes, out Signed<StageReceipt>? receipt) == OpenStatus.Done
                && known.Contradiction(receipt!.Value) is { } contradiction)
            {
                LogNotBelieved(logger, stage, receipt.Value.Node, Id, contradiction);
                believed[stage] = null;
            }
        }

        return [.. believed];
    }

    private static ImmutableArray<byte[]?> NoReceipts(PipelineSession session) => [.. session.Plan.Value.Stages.Select(_ => (byte[]?)null)];

    private async Task<(RecordId?, long?, string?)> RecordAsync(FinishReason finish, TimeSpan total)
    {
        uint[] output = [.. _tokens.Known.Skip(request.Prompt.Length)];
        Signed<InferenceRecord> record;
        try
        {
            record = _attempts.Record(output, finish, _toFirst, total, time.GetUtcNow());
        }
        catch (ArgumentException e)
        {
            Recording = CloseAsync();
            return (null, null, e.Message);
        }

        RecordId id = new(record.PayloadDigest);
        Recording = LogAtStagesAsync(record.Bytes);
        string? problem = null;
        try
        {
            parts.Openings.Keep(id, _attempts.Opening(output));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"The record's opening could not be kept: {e.Message}";
            LogNoOpening(logger, id, e);
        }

        long? index = null;
        try
        {
            index = (await parts.Ledger.AppendAsync(EntryKind.Record, record.Bytes, lifetime)).Sequence;
        }
        catch (LedgerStoppedException e)
        {
            problem = e.Message;
            parts.LedgerStopped(e);
        }
        catch (OperationCanceledException)
        {
            problem = "The node went down before its log took the record.";
        }

        await Task.WhenAny(Recording, Task.Delay(options.MaxRecordWait, time, lifetime));
        return (id, index, problem);
    }

    private async Task LogAtStagesAsync(ReadOnlyMemory<byte> record)
    {
        try
        {
            int[] logged = await Task.WhenAll(_sessions.Select(session => session.RecordAsync(record, lifetime)));
            int stages = logged.Sum();
            LogLogged(logger, Id, stages);
        }
        catch (Exception e) when (e is PipelineFaultException or Libp2pException or IOException or OperationCanceledException)
        {
            LogNotLogged(logger, Id, e);
        }
        finally
        {
            await CloseAsync();
        }
    }

    private async Task CloseAsync()
    {
        foreach (PipelineSession session in _sessions)
        {
            await session.DisposeAsync();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: {Tokens} tokens in {Milliseconds:F0} ms, attempts {Attempts}, record {Record}")]
    private static partial void LogDone(ILogger logger, JobId job, int tokens, double milliseconds, int attempts, RecordId? record);

    [LoggerMessage(Level = LogLevel.Information, Message = "Attempt {Attempt} at job {Job} is over: {Reason}")]
    private static partial void LogLost(ILogger logger, JobId job, int attempt, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The receipt of stage {Stage}, node {Node}, of job {Job} is not taken: {Reason}")]
    private static partial void LogNotBelieved(ILogger logger, int stage, NodeId node, JobId job, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Job} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, JobId job, string reason, Exception? exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The opening of record {Record} could not be kept")]
    private static partial void LogNoOpening(ILogger logger, RecordId record, Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The record of job {Job} stands in the logs of {Stages} stages")]
    private static partial void LogLogged(ILogger logger, JobId job, int stages);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The record of job {Job} did not reach every stage")]
    private static partial void LogNotLogged(ILogger logger, JobId job, Exception exception);
}
