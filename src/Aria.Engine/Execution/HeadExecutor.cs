using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Sampling;

namespace Aria.Engine.Execution;

/// <summary>Final norm, logits over the vocabulary and the best of them, in order (specs/numerics.md §7), for a few rows at once.</summary>
internal sealed unsafe class HeadExecutor<TKernels> : ITeamWork, IDisposable
    where TKernels : IKernels
{
    private const int RowGrain = 64;

    private readonly SpanWeights _weights;
    private readonly ComputeTeam _team;
    private readonly HeadScreen? _screen;
    private readonly NativeArray<float> _decoded;       // (members, dim)
    private readonly HeadRow?[] _rows = new HeadRow?[HeadRow.MaxTogether];      // made when first used
    private int _count;
    private int _screened;

    /// <param name="weights">With a head.</param>
    /// <param name="team">Computes.</param>
    /// <param name="screen">Null: every logit is computed. Disposed with this.</param>
    public HeadExecutor(SpanWeights weights, ComputeTeam team, HeadScreen? screen)
    {
        (_weights, _team, _screen) = (weights, team, screen);
        _decoded = new((long)team.Count * weights.Shape.Dim);
        _rows[0] = new(weights.Shape);
    }

    /// <summary>How many logits the last run computed, of all rows together.</summary>
    public int Computed { get; private set; }

    /// <summary>What all runs have read.</summary>
    public EngineReads Reads { get; private set; }

    /// <inheritdoc cref="Executor.Head"/>
    public int Run(float* rows, ReadOnlySpan<HeadQuery> queries, Span<Candidate> candidates, Span<HeadOutcome> outcomes)
    {
        ModelShape shape = _weights.Shape;
        (_count, _screened, Computed) = (queries.Length, 0, 0);
        _screen?.Clear();
        for (int i = 0; i < _count; i++)
        {
            HeadRow row = _rows[i] ??= new(shape);
            row.Query = queries[i];
            TKernels.RmsNorm(rows + ((long)i * shape.Dim), _weights.OutputNorm.Pointer, shape.Dim, shape.NormEpsilon, row.Input);
            row.Finite = TKernels.RoundToHalf(row.Input, shape.Dim);
            row.Screened = row.Finite && _screen is not null && !row.Query.WantsLogSum && row.Query.Candidates < shape.Vocabulary ? _screen.TryAdd(row.Input) : null;
            row.Count = row.Finite ? shape.Vocabulary : 0;
            _screened += row.Screened is null ? 0 : 1;
        }

        _team.Run(this);
        int filled = 0;
        for (int i = 0; i < _count; i++)
        {
            HeadRow row = _rows[i]!;
            outcomes[i] = row.Finite && TryRank(row, candidates.Slice(filled, row.Query.Candidates), out float logSum)
                ? new(logSum, null)
                : new(0, new NonFiniteException(shape.Layers, -1));
            filled += row.Query.Candidates;
            Computed += row.Count;
            row.Query = default;
        }

        Reads = Account(Reads);
        return filled;
    }

    public void Dispose()
    {
        IDisposable?[] all = [_decoded, _screen, .. _rows];
        Array.ForEach(all, part => part?.Dispose());
    }

    // Together with what the run that has just ended read.
    private EngineReads Account(EngineReads before)
    {
        FloatTensor head = _weights.Head;
        long rescored = 0;
        bool wholly = false;
        for (int i = 0; i < _count; i++)
        {
            HeadRow row = _rows[i]!;
            rescored += row.Screened is null ? 0 : row.Count;
            wholly |= row.Finite && row.Screened is null;
        }

        return before with
        {
            ScreenBytes = before.ScreenBytes + (_screened > 0 ? _screen!.Bytes : 0),
            HeadBytes = before.HeadBytes + ((rescored + (wholly ? head.Rows : 0)) * head.RowBytes),
            RescoredRows = before.RescoredRows + rescored,
        };
    }

    void ITeamWork.Run(int member)
    {
        ComputeWholly(member);
        if (_screened == 0)
        {
            return;
        }

        Screen(member);
        _team.Meet();
        for (int i = member; i < _count; i += _team.Count)
        {
            Choose(_rows[i]!);
        }

        _team.Meet();
        ComputeChosen(member);
    }

    private void ComputeWholly(int member)
    {
        if (_screened == _count)
        {
            return;
        }

        FloatTensor head = _weights.Head;
        (int start, int end) = _team.Share(head.Rows, member, RowGrain);
        for (int first = start; first < end; first += RowGrain)
        {
            for (int i = 0; i < _count; i++)
            {
                HeadRow row = _rows[i]!;
                if (row.Finite && row.Screened is null)
                {
                    TKernels.Logits(
                        head.Type, head.Data + (first * head.RowBytes), head.RowBytes, Math.Min(RowGrain, end - first), head.Columns, row.Input, row.Logits + first, Decoded(member));
                }
            }
        }
    }

    private void Screen(int member)
    {
        int* products = stackalloc int[HeadScreen.MaxVectors * RowGrain];
        (int start, int end) = _team.Share(_weights.Head.Rows, member, RowGrain);
        for (int first = start; first < end; first += RowGrain)
        {
            int rows = Math.Min(RowGrain, end - first);
            TKernels.Screen(_screen!.Row(first), rows, _screen.Stride, _screen.Vectors, _screen.Count, products, RowGrain);
            for (int i = 0; i < _count; i++)
            {
                HeadRow row = _rows[i]!;
                if (row.Screened is { } input)
                {
                    _screen.Bounds(input, first, rows, products, RowGrain, row.Lower + first, row.Upper + first);
                }
            }
        }
    }

    // Every step of an adjustment, rounded as it is, keeps the order of what it is applied to: adjusted bounds are bounds of the adjusted logits. As many tokens as are wanted have
    // one of at least the threshold; a token that cannot reach it has that many before it. A logit that overflows has an upper bound that does, so it is among the chosen.
    private void Choose(HeadRow row)
    {
        if (row.Screened is null)
        {
            return;
        }

        int tokens = _weights.Head.Rows;
        row.Query.Adjustment?.Apply(new Span<float>(row.Lower, tokens));
        row.Query.Adjustment?.Apply(new Span<float>(row.Upper, tokens));
        int wanted = row.Query.Candidates;
        float threshold = wanted == 0 ? float.PositiveInfinity : CandidateSelection.Nth(new(row.Lower, tokens), wanted, new(row.Logits, wanted));
        row.Count = CandidateSelection.AtLeast(new(row.Upper, tokens), threshold, new(row.Chosen, tokens));
    }

    private void ComputeChosen(int member)
    {
        FloatTensor head = _weights.Head;
        for (int i = 0; i < _count; i++)
        {
            HeadRow row = _rows[i]!;
            for (int c = member; row.Screened is not null && c < row.Count; c += _team.Count)
            {
                TKernels.Logits(head.Type, head.Data + (row.Chosen[c] * head.RowBytes), head.RowBytes, 1, head.Columns, row.Input, row.Logits + c, Decoded(member));
            }
        }
    }

    private static bool TryRank(HeadRow row, Span<Candidate> candidates, out float logSum)
    {
        logSum = 0;
        Span<float> logits = new(row.Logits, row.Count);
        if (!TKernels.AllFinite(row.Logits, row.Count) || !TryAdjust(row, logits))
        {
            return false;
        }

        CandidateSelection.Best(logits, candidates);
        for (int i = 0; row.Screened is not null && i < candidates.Length; i++)
        {
            candidates[i] = new((uint)row.Chosen[candidates[i].Token], candidates[i].Logit);
        }

        logSum = row.Query.WantsLogSum ? LogSum.Of(logits) : 0;
        return true;
    }

    private static bool TryAdjust(HeadRow row, Span<float> logits)
    {
        if (row.Query.Adjustment is not { IsNone: false } adjustment)
        {
            return true;
        }

        if (row.Screened is null)
        {
            adjustment.Apply(logits);
        }
        else
        {
            adjustment.Apply(new ReadOnlySpan<int>(row.Chosen, row.Count), logits);
        }

        return TKernels.AllFinite(row.Logits, row.Count);
    }

    private float* Decoded(int member) => _decoded.Pointer + ((long)member * _weights.Shape.Dim);
}
