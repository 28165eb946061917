using Aria.Engine.Execution;
using Aria.Libp2p;
using Aria.Pipeline.Control;
using Aria.Pipeline.Energy;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Stages;
using Aria.Pipeline.Streams;
using Aria.Provenance.Plans;
using Aria.Wire.Signing;
using Microsoft.Extensions.Logging;

namespace Aria.Pipeline;

/// <summary>Serves stages: takes parts in plans, computes them with the node's engines, signs and logs what was computed (specs/pipeline.md).</summary>
public sealed partial class StageHost : IAsyncDisposable
{
    private readonly StageContext _context;
    private readonly EngineThread[] _threads;
    private readonly CancellationTokenSource _disposing = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _sessions = [];
    private bool _disposed;

    /// <summary>Serves <see cref="PipelineProtocols.Stage"/> on the router's peer from now on. Owns neither key nor engines.</summary>
    /// <param name="router">Of the node's one peer.</param>
    /// <param name="key">The node's identity: signs acceptances and receipts.</param>
    /// <param name="engines">What is served; a plan may name any part of one of them.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="log">Where records, receipts and traces go.</param>
    /// <param name="energy">What receipts claim.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For people.</param>
    public StageHost(
        ActivationRouter router, SigningKey key, IReadOnlyList<SpanEngine> engines, StageHostOptions options, IStageLog log, EnergyMeter energy,
        TimeProvider time, ILogger<StageHost> logger)
    {
        ArgumentNullException.ThrowIfNull(router);
        _threads = [.. engines.Select(engine => new EngineThread(engine))];
        StageMetrics metrics = new(key.Id);
        _context = new(router, key, options, new(options, metrics), metrics, log, energy, time, logger);
        router.Peer.Handle(PipelineProtocols.Stage, HandleAsync);
    }

    /// <summary>Tells every gateway that the node is going down, logs the receipts that have no record, and ends the engines' threads.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] sessions;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            sessions = [.. _sessions];
        }

        await _disposing.CancelAsync();
        await Task.WhenAll(sessions);
        foreach (EngineThread thread in _threads)
        {
            thread.Dispose();
        }

        _context.Metrics.Dispose();
        _disposing.Dispose();
    }

    private async Task HandleAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_disposed)
            {
                stream.Reset();
                return;
            }

            _sessions.Add(ended.Task);
        }

        try
        {
            using CancellationTokenSource shutdown = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
            await using ControlStream control = new(stream, _context.Time);
            await ServeAsync(control, shutdown.Token);
        }
        finally
        {
            lock (_lock)
            {
                _sessions.Remove(ended.Task);
            }

            ended.SetResult();
        }
    }

    private async Task ServeAsync(ControlStream control, CancellationToken shutdown)
    {
        if (await OpenAsync(control, shutdown) is not { } open)
        {
            control.Reset();
            return;
        }

        (Admission? admission, ControlMessage.Refused? refusal) = Admission.Check(
            open, control.RemotePeer, _context.Key.Id, _context.Options, _threads, _context.Time.GetUtcNow());
        SessionKey session = default;
        if (admission is not null)
        {
            session = new(admission.Plan.Value.Job, admission.Plan.Value.Epoch, admission.Index);
            refusal = _context.Table.TryAdmit(session, admission.Plan.Value.MaxPositions) is { } code ? new(code, $"session {session}") : null;
        }

        if (refusal is not null)
        {
            _context.Metrics.Refused(refusal.Code);
            LogRefused(_context.Logger, control.RemotePeer, refusal.Code, refusal.Text);
            await control.TrySendAsync(refusal);
            return;
        }

        await ServeAsync(control, admission!, session, open, shutdown);
    }

    private async Task ServeAsync(ControlStream control, Admission admission, SessionKey session, ControlMessage.Open open, CancellationToken shutdown)
    {
        JobPlan plan = admission.Plan.Value;
        StageComputation computation;
        try
        {
            computation = new(admission.Thread, admission.Plan, session, admission.Key, _context);
        }
        catch (OutOfMemoryException)
        {
            _context.Table.Remove(session);
            await control.TrySendAsync(new ControlMessage.Refused(RefusalCode.Busy, "no memory for the key-value cache"));
            return;
        }

        using StageSession stage = new(_context, control, admission, session, computation, open);
        NodeId predecessor = session.Index == 0 ? plan.Gateway : plan.Stages[session.Index - 1].Node;
        if (!_context.Router.TryAwait(session, predecessor.Peer(), stage.PassAsync))
        {
            throw new InvalidOperationException($"Session {session} is new, and yet its stream is awaited.");
        }

        LogAccepted(_context.Logger, session, plan.Stages[session.Index].Span, plan.Gateway);
        await control.TrySendAsync(new ControlMessage.Accepted(PlanAcceptance.Sign(_context.Key, admission.Plan.PayloadDigest, session.Index)));
        await stage.RunAsync(shutdown);
    }

    private async Task<ControlMessage.Open?> OpenAsync(ControlStream control, CancellationToken shutdown)
    {
        try
        {
            return await control.ReadAsync().WaitAsync(_context.Options.OpenTimeout, _context.Time, shutdown) as ControlMessage.Open;
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Session {Session} runs {Span} for gateway {Gateway}")]
    private static partial void LogAccepted(ILogger logger, SessionKey session, StageSpan span, NodeId gateway);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Peer} was refused a session: {Code}, {Text}")]
    private static partial void LogRefused(ILogger logger, PeerId peer, RefusalCode code, string text);
}
