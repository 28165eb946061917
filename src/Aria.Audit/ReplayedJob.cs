using System.Collections.Immutable;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Sampling;
using Aria.Provenance.Activations;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;

namespace Aria.Audit;

/// <summary>
/// A job computed again: the whole model over prompt and output, one digest for each boundary and position. Digests hold no plan and no epoch, so one replay
/// serves every attempt.
/// </summary>
internal sealed class ReplayedJob
{
    private const int ChunkPositions = 64;

    private readonly ImmutableArray<Digest> _tokens;
    private readonly StageTrace _trace;
    private readonly int _layers;

    private ReplayedJob(ImmutableArray<Digest> tokens, StageTrace trace, int layers) => (_tokens, _trace, _layers) = (tokens, trace, layers);

    /// <summary>Positions from 0 that were computed.</summary>
    public int PositionCount => _trace.PositionCount;

    /// <summary>Where the engine gave no finite number, and nothing goes on.</summary>
    public NonFiniteException? End { get; private init; }

    /// <summary>Positions of tokens that the sampler would not have chosen, ascending.</summary>
    public ImmutableArray<int> WrongTokens { get; private init; } = [];

    /// <summary>Computes positions 0 to <paramref name="count"/> − 1; candidates from the prompt's last position on.</summary>
    /// <param name="answerFrom">The plans': from where penalties count.</param>
    public static ReplayedJob Run(
        ModelFile model, Opening opening, SamplingParameters sampling, int answerFrom, int count, EngineOptions options, CancellationToken cancellationToken)
    {
        StageSpan whole = StageSpan.Whole(model.Shape.Layers);
        uint[] tokens = [.. opening.Prompt, .. opening.Output];
        int dim = model.Shape.Dim, headFrom = opening.Prompt.Length - 1;
        using SpanEngine engine = new(model, whole, options);
        using KvCache cache = engine.CreateCache(whole.Layers, Math.Max(1, count));
        using ReceiptRoots roots = new(opening.JobKey.Span, opening.Job, whole, 0, headFrom, Math.Max(1, count), sampling.CountsTokens);
        Candidate[] candidates = new Candidate[Math.Min(sampling.CandidateCount, model.Shape.Vocabulary)];
        LogitAdjustment adjustment = LogitAdjustment.Of(sampling, answerFrom);
        List<int> wrong = [];
        NonFiniteException? end = null;
        float[] rows = new float[dim * Math.Min(ChunkPositions, Math.Max(1, count))];
        for (int at = 0; at < count && end is null; at += ChunkPositions)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int chunk = Math.Min(ChunkPositions, count - at);
            Span<float> some = rows.AsSpan(0, chunk * dim);
            roots.AddTokens(at, tokens.AsSpan(at, chunk));
            engine.Embed(tokens.AsSpan(at, chunk), some);
            try
            {
                engine.Forward(cache, at, some, roots.AddRow);
            }
            catch (NonFiniteException e)
            {
                end = e;
                break;
            }

            for (int position = at; position < at + chunk; position++)
            {
                adjustment.Count(tokens.AsSpan(position, 1));
                if (position < headFrom)
                {
                    continue;
                }

                ReadOnlySpan<float> row = some.Slice((position - at) * dim, dim);
                float logSum = 0;
                int found = sampling.WantsLogSum ? engine.Head(row, candidates, adjustment, out logSum) : engine.Head(row, candidates, adjustment);
                roots.AddCandidates(position, candidates.AsSpan(0, found), sampling.WantsLogSum ? logSum : null);
                if (position + 1 < tokens.Length && Sampler.Choose(candidates.AsSpan(0, found), sampling, position + 1) != tokens[position + 1])
                {
                    wrong.Add(position + 1);
                }
            }
        }

        StageTrace trace = roots.Trace(0, 0, default);
        using ActivationHash hash = new(opening.JobKey.Span, opening.Job);
        return new([.. tokens.Take(trace.PositionCount).Select((token, position) => hash.OfToken(position, token))], trace, model.Shape.Layers) { End = end, WrongTokens = [.. wrong] };
    }

    /// <summary>The digest at a boundary, 0 to the number of layers.</summary>
    public Digest At(int boundary, int position) => boundary == 0 ? _tokens[position] : _trace.At(boundary, position);

    /// <summary>The candidates' digest.</summary>
    public Digest CandidatesAt(int position) => _trace.CandidatesAt(position);

    /// <summary>The root over a boundary's digests; the boundary behind the layers is the candidates'.</summary>
    public Digest Root(int boundary, int first, int count)
    {
        Digest[] digests = new Digest[count];
        for (int i = 0; i < count; i++)
        {
            digests[i] = boundary > _layers ? CandidatesAt(first + i) : At(boundary, first + i);
        }

        return PositionRoot.Of(digests);
    }
}
