using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Aria.Libp2p;
using Aria.Pipeline.Control;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Gateways;
using Aria.Pipeline.Streams;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Signatures;
using Microsoft.Extensions.Logging;

namespace Aria.Pipeline;

/// <summary>
/// One attempt at a job, seen from its gateway: tokens go in, candidates come back, receipts at the end. <see cref="SendAsync"/> by one caller at a
/// time, <see cref="ReceiveAsync"/> by one other.
/// </summary>
public sealed partial class PipelineSession : IAsyncDisposable
{
    private readonly ActivationRouter _router;
    private readonly PipelineGatewayOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly StageLine[] _lines;
    private readonly AnswerGate _gate;
    private readonly SemaphoreSlim _window;
    private readonly Channel<HeadAnswer> _answers = Channel.CreateUnbounded<HeadAnswer>(new() { SingleReader = true, SingleWriter = true });   // at most the plan's positions
    private Hop? _hop;
    private byte[] _tokens = [];
    private bool _disposed;

    internal PipelineSession(
        ActivationRouter router, Signed<JobPlan> plan, int vocabulary, PipelineGatewayOptions options, TimeProvider time, ILogger logger)
    {
        Plan = plan;
        _router = router;
        _options = options;
        _time = time;
        _logger = logger;
        _gate = new(plan.Value, vocabulary);
        _window = new(Math.Max(options.Window, plan.Value.Stages.Length + 1));
        _lines = [.. Enumerable.Range(0, plan.Value.Stages.Length).Select(stage => new StageLine(plan, stage, time, Report))];
        _receiver = new(plan.Value.Job, plan.Value.Epoch, _lines.Length);
        _blameTimer = time.CreateTimer(_ => BlameSuspect(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _stepTimer = time.CreateTimer(_ => _ = ProbeAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What was agreed.</summary>
    public Signed<JobPlan> Plan { get; }

    /// <summary>Each stage's signature under the plan, verified.</summary>
    public ImmutableArray<byte[]?> Acceptances => [.. _lines.Select(line => line.Acceptance)];

    /// <summary>Positions sent in so far: the next token's position.</summary>
    public int PositionsSent => _gate.Sent;

    /// <summary>
    /// Sends the tokens of the next positions, in frames; returns when the last frame is out. Waits while too many frames are unanswered; answers
    /// are taken in meanwhile.
    /// </summary>
    /// <exception cref="PipelineFaultException">A stage is lost.</exception>
    /// <exception cref="ArgumentException">More tokens than the plan has positions.</exception>
    public async Task SendAsync(ReadOnlyMemory<uint> tokens, CancellationToken cancellationToken)
    {
        if (tokens.Length > Plan.Value.MaxPositions - PositionsSent)
        {
            throw new ArgumentException($"{tokens.Length} tokens after {PositionsSent}: the plan has {Plan.Value.MaxPositions} positions.", nameof(tokens));
        }

        while (!tokens.IsEmpty)
        {
            int count = Math.Min(tokens.Length, _options.FramePositions);
            await EnterWindowAsync(cancellationToken);
            await SendFrameAsync(tokens[..count], cancellationToken);
            tokens = tokens[count..];
        }
    }

    /// <summary>The head's answer at the next position from the plan's head_from on.</summary>
    /// <exception cref="PipelineFaultException">A stage is lost.</exception>
    /// <exception cref="InvalidOperationException">The session was finished or aborted, and every answer is taken.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<HeadAnswer> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _answers.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException)
        {
            ThrowIfOver();
            throw;
        }
    }

    /// <summary>
    /// Nothing more will be sent: each stage's signed receipt; null for one that did not give a receipt of its own in time. What is not computed yet is awaited.
    /// </summary>
    /// <exception cref="PipelineFaultException">A stage is lost already: abort instead.</exception>
    public async Task<ImmutableArray<byte[]?>> FinishAsync(CancellationToken cancellationToken)
    {
        BeginEnding(alsoFaulted: false);
        try
        {
            await _hop!.EndAsync(PositionsSent, cancellationToken);
        }
        catch (Exception broken) when (StreamLoss.Is(broken))
        {
            LogNoEnd(_logger, Plan.Value.Job, broken);      // the stages will say how far they came
        }

        return await ReceiptsAsync(new ControlMessage.Finish(PositionsSent), _options.FinishTimeout, cancellationToken);
    }

    /// <summary>Stops the stages at once, after a fault or for a reason of the caller's: the receipts that could be had for what was computed.</summary>
    public async Task<ImmutableArray<byte[]?>> AbortAsync(string reason, CancellationToken cancellationToken)
    {
        BeginEnding(alsoFaulted: true);
        await StopDataAsync();
        return await ReceiptsAsync(new ControlMessage.Abort(reason), _options.AbortTimeout, cancellationToken);
    }

    /// <summary>Gives the signed record to every stage that gave a receipt: how many have it in their logs.</summary>
    public async Task<int> RecordAsync(ReadOnlyMemory<byte> signedRecord, CancellationToken cancellationToken)
    {
        bool[] logged = await Task.WhenAll(_lines.Select(line => line.RecordAsync(signedRecord, _options.RecordTimeout, cancellationToken)));
        return logged.Count(done => done);
    }

    /// <summary>Ends every stream; stages that have no record yet log their own receipts.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        BeginEnding(null);
        await StopDataAsync();
        await Task.WhenAll(_lines.Select(line => line.DisposeAsync().AsTask()));
        await _blameTimer.DisposeAsync();
        await _stepTimer.DisposeAsync();
        _stopped.Dispose();
        _window.Dispose();
    }

    internal async Task OpenAsync(Digest jobKey, IReadOnlyList<IReadOnlyList<Multiaddress>> stageAddresses, CancellationToken cancellationToken)
    {
        if (!_router.TryAwait(_receiver, _lines[^1].Node.Peer(), ReceiveAsync))
        {
            throw new InvalidOperationException($"An attempt {Plan.Value.Epoch} at job {Plan.Value.Job} is open already.");
        }

        // One failure is enough to plan again. Those that take longer are given a moment, so that the next plan knows of them too.
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        StageFailure?[] failures = await Task.WhenAll(_lines.Select(async line =>
        {
            StageFailure? failure = await OpenLineAsync(line, jobKey, stageAddresses, enough.Token);
            if (failure is not null)
            {
                enough.CancelAfter(_options.BlameWait);
            }

            return failure;
        }));
        cancellationToken.ThrowIfCancellationRequested();
        if (failures.OfType<StageFailure>().ToImmutableArray() is { Length: > 0 } failed)
        {
            throw new PipelineFaultException(failed);
        }

        _hop = new(_router.Peer, _lines[0].Node.Peer(), _receiver with { Index = 0 }, reason => Suspect(0, null, reason), _time);
    }

    private Task<StageFailure?> OpenLineAsync(
        StageLine line, Digest jobKey, IReadOnlyList<IReadOnlyList<Multiaddress>> stageAddresses, CancellationToken cancellationToken)
    {
        LocalPeer peer = _router.Peer;
        if (line.Node.Peer() != peer.Id && stageAddresses[line.Stage].Count > 0)
        {
            peer.AddAddresses(line.Node.Peer(), stageAddresses[line.Stage]);
        }

        IEnumerable<Multiaddress> successor = line.Stage + 1 < _lines.Length ? stageAddresses[line.Stage + 1] : peer.AnnouncedAddresses;
        ControlMessage.Open open = new(
            Plan.Bytes, jobKey.ToArray(), line.Stage,
            [.. successor.Select(address => (ReadOnlyMemory<byte>)address.Bytes.ToArray()).Where(bytes => bytes.Length <= ControlCodec.MaxAddressBytes).Take(ControlCodec.MaxAddresses)]);
        return line.OpenAsync(peer, open, _options.OpenTimeout, cancellationToken);
    }

    private async Task SendFrameAsync(ReadOnlyMemory<uint> tokens, CancellationToken cancellationToken)
    {
        if (_tokens.Length < 4 * tokens.Length)
        {
            _tokens = new byte[4 * _options.FramePositions];
        }

        for (int i = 0; i < tokens.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_tokens.AsSpan(4 * i), tokens.Span[i]);
        }

        Hop hop = _hop!;
        try
        {
            await hop.Opened.WaitAsync(cancellationToken);       // a frame that is counted is sent
            ActivationFrame frame = new(
                FrameKind.Tokens, _receiver with { Index = 0 }, 0, _gate.Send(tokens.Length), tokens.Length, _tokens.AsMemory(0, 4 * tokens.Length));
            ArmStepTimer();
            await hop.WriteAsync(frame, cancellationToken);
        }
        catch (Exception broken) when (StreamLoss.Is(broken))
        {
            Suspect(0, null, broken.Message);
            await FaultAsync(cancellationToken);
        }
    }

    private async Task<ImmutableArray<byte[]?>> ReceiptsAsync(ControlMessage ask, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Signed<StageReceipt>?[] receipts = await Task.WhenAll(_lines.Select(line => line.EndAsync(ask, timeout, cancellationToken)));
        return [.. receipts.Select(receipt => receipt?.Value.PositionCount <= PositionsSent ? receipt.Bytes.ToArray() : null)];
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {Job}: the end could not be sent")]
    private static partial void LogNoEnd(ILogger logger, JobId job, Exception exception);
}
