using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Aria.Engine.Execution;
using Aria.Engine.Sampling;
using Aria.Pipeline.Control;
using Aria.Pipeline.Energy;
using Aria.Pipeline.Frames;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Signatures;
using Aria.Wire.Signing;

namespace Aria.Pipeline.Stages;

/// <summary>
/// What a session computes: a frame in, the same positions out, and the digests of everything on the way. Owns the key-value cache. One step at a
/// time; what a step gives stands until the next.
/// </summary>
internal sealed class StageComputation : EngineWork, IDisposable
{
    private readonly EngineThread _thread;
    private readonly Signed<JobPlan> _plan;
    private readonly SessionKey _session;
    private readonly StageSpan _span;
    private readonly SamplingParameters _sampling;
    private readonly int _dim;
    private readonly KvCache? _cache;               // null: the head alone
    private readonly ReceiptRoots _roots;
    private readonly BoundaryObserver _observer;
    private readonly Candidate[] _candidates;
    private readonly LogitAdjustment _adjustment;
    private readonly EnergyMeter _energy;
    private readonly StageMetrics _metrics;
    private readonly TimeProvider _time;

    private ActivationFrame _frame;
    private byte[] _rows = [];                      // (count, dim) f32, the input and then the output; where they are counted, behind it (count) tokens
    private byte[] _answer = [];                    // candidates and log-sums as on the wire
    private int _answerBytes;
    private uint[] _tokens = [];

    private TimeSpan _computing;
    private long _firstTimestamp;
    private long _energyBefore;
    private long _startedUnixMs;
    private long _finishedUnixMs;

    public StageComputation(EngineThread thread, Signed<JobPlan> plan, SessionKey session, Digest jobKey, StageContext context)
    {
        SpanEngine engine = thread.Engine;
        JobPlan job = plan.Value;
        _thread = thread;
        _plan = plan;
        _session = session;
        _span = job.Stages[session.Index].Span;
        _dim = engine.Shape.Dim;
        _cache = _span.Layers.IsEmpty ? null : engine.CreateCache(_span.Layers, job.MaxPositions);
        _sampling = job.Sampling;
        _roots = new(jobKey.Span, job.Job, _span, 0, job.HeadFrom, job.MaxPositions, _sampling.CountsTokens);
        _observer = _roots.AddRow;
        _candidates = new Candidate[Math.Min(_sampling.CandidateCount, engine.Shape.Vocabulary)];
        _adjustment = LogitAdjustment.Of(_sampling, job.AnswerFrom);
        _energy = context.Energy;
        _metrics = context.Metrics;
        _time = context.Time;
    }

    /// <inheritdoc/>
    public override bool IsShort => _frame.Count == 1;

    /// <summary>Computes a frame that the gate let in; the answer is a frame for <paramref name="receiver"/>.</summary>
    /// <exception cref="StageFaultException">Not a finite number.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ActivationFrame> StepAsync(ActivationFrame frame, SessionKey receiver)
    {
        if (_startedUnixMs == 0)
        {
            _startedUnixMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
            _firstTimestamp = _time.GetTimestamp();
            _energyBefore = _energy.Read();
        }

        _frame = frame;
        try
        {
            await _thread.RunAsync(this);
        }
        catch (NonFiniteException notFinite)
        {
            throw new StageFaultException(FaultCode.NonFinite, notFinite.Message, notFinite.Position, notFinite.Layer, notFinite);
        }

        return _span.Head
            ? new(FrameKind.Candidates, receiver, _span.OutBoundary + 1, frame.Position, frame.Count, _answer.AsMemory(0, _answerBytes))
            : new(FrameKind.Residual, receiver, _span.OutBoundary, frame.Position, frame.Count, _rows.AsMemory(0, FrameBody.ResidualBytes(_dim, _sampling) * frame.Count));
    }

    /// <summary>The receipt over the positions computed, and the trace it commits to. No step may be under way.</summary>
    public (Signed<StageReceipt> Receipt, StageTrace Trace) Sign(SigningKey key)
    {
        long now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        long started = _startedUnixMs == 0 ? now : _startedUnixMs;
        EnergyClaim energy = _startedUnixMs == 0
            ? _energy.Claim(default, default, 0, 0)
            : _energy.Claim(_computing, _time.GetElapsedTime(_firstTimestamp), _energyBefore, _energy.Read());
        StageTrace trace = _roots.Trace(_session.Epoch, _session.Index, StageTrace.NewSalt());
        StageReceipt receipt = new(
            _session.Job, _session.Epoch, _plan.PayloadDigest, _session.Index, key.Id, 0, _roots.PositionCount, _roots.InRoot, _roots.OutRoot,
            _roots.Head, trace.Commitment, (long)_computing.TotalMicroseconds, energy, started, Math.Max(started, _finishedUnixMs));
        return (Signed.Seal(receipt, key), trace);
    }

    /// <summary>Frees the cache and the key. No step may be under way.</summary>
    public void Dispose()
    {
        _cache?.Dispose();
        _roots.Dispose();
    }

    protected override void Run(SpanEngine engine)
    {
        long begun = _time.GetTimestamp();
        (int position, int count) = (_frame.Position, _frame.Count);
        int rowBytes = 4 * _dim * count;
        Room(ref _rows, FrameBody.ResidualBytes(_dim, _sampling) * count);
        Span<float> rows = MemoryMarshal.Cast<byte, float>(_rows.AsSpan(0, rowBytes));
        Span<uint> tokens = [];
        if (_span.Embedding)
        {
            tokens = Tokens(_frame.Body.Span);
            _roots.AddTokens(position, tokens);
            engine.Embed(tokens, rows);
            if (_sampling.CountsTokens)
            {
                _frame.Body.Span.CopyTo(_rows.AsSpan(rowBytes));
            }
        }
        else
        {
            _frame.Body.Span.CopyTo(_rows);
            tokens = Tokens(_frame.Body.Span[rowBytes..]);
            _roots.AddCarriedTokens(position, tokens);
            for (int i = 0; i < count; i++)
            {
                _roots.AddRow(_span.InBoundary, position + i, rows.Slice(i * _dim, _dim));
            }
        }

        if (_cache is not null)
        {
            engine.Forward(_cache, position, rows, _observer);
        }

        if (_span.Head)
        {
            Answer(engine, position, rows, tokens);
        }

        TimeSpan took = _time.GetElapsedTime(begun);
        _computing += took;
        _metrics.Computed(count, took);
        _finishedUnixMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
    }

    private void Answer(SpanEngine engine, int position, ReadOnlySpan<float> rows, ReadOnlySpan<uint> tokens)
    {
        int count = rows.Length / _dim;
        int first = Math.Clamp(_plan.Value.HeadFrom - position, 0, count);
        Room(ref _answer, FrameBody.AnswerBytes(_candidates.Length, _sampling) * (count - first));
        _answerBytes = 0;
        _adjustment.Count(tokens[..Math.Min(first, tokens.Length)]);
        for (int i = first; i < count; i++)
        {
            _adjustment.Count(tokens.IsEmpty ? [] : tokens.Slice(i, 1));
            ReadOnlySpan<Candidate> candidates = _candidates.AsSpan(0, Head(engine, position + i, rows.Slice(i * _dim, _dim), out float? logSum));
            foreach (Candidate candidate in candidates)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(_answer.AsSpan(_answerBytes), candidate.Token);
                BinaryPrimitives.WriteSingleLittleEndian(_answer.AsSpan(_answerBytes + 4), candidate.Logit);
                _answerBytes += 8;
            }

            if (logSum is { } sum)
            {
                BinaryPrimitives.WriteSingleLittleEndian(_answer.AsSpan(_answerBytes), sum);
                _answerBytes += 4;
            }

            _roots.AddCandidates(position + i, candidates, logSum);
        }
    }

    private int Head(SpanEngine engine, int position, ReadOnlySpan<float> row, out float? logSum)
    {
        try
        {
            logSum = null;
            if (!_sampling.WantsLogSum)
            {
                return engine.Head(row, _candidates, _adjustment);
            }

            int found = engine.Head(row, _candidates, _adjustment, out float sum);
            logSum = sum;
            return found;
        }
        catch (NonFiniteException notFinite)
        {
            throw new StageFaultException(FaultCode.NonFinite, "The head gave NaN or an infinity.", position, cause: notFinite);
        }
    }

    private Span<uint> Tokens(ReadOnlySpan<byte> body)
    {
        int count = body.Length / 4;
        if (_tokens.Length < count)
        {
            _tokens = new uint[count];
        }

        for (int i = 0; i < count; i++)
        {
            _tokens[i] = BinaryPrimitives.ReadUInt32LittleEndian(body[(4 * i)..]);
        }

        return _tokens.AsSpan(0, count);
    }

    private static void Room(ref byte[] buffer, int bytes)
    {
        if (buffer.Length < bytes)
        {
            buffer = new byte[bytes];
        }
    }
}
