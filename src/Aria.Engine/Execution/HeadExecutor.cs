using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Sampling;

namespace Aria.Engine.Execution;

/// <summary>Final norm, logits over the vocabulary and the best of them, in order (specs/numerics.md §7).</summary>
internal sealed unsafe class HeadExecutor<TKernels> : ITeamWork, IDisposable
    where TKernels : IKernels
{
    private const int RowGrain = 64;

    private readonly SpanWeights _weights;
    private readonly ComputeTeam _team;
    private readonly HeadScreen? _screen;
    private readonly NativeArray<float> _input;
    private readonly NativeArray<float> _logits;        // (vocabulary); of the chosen rows alone, in their order, when screening
    private readonly NativeArray<float> _rows;          // (members, dim)
    private readonly NativeArray<float> _lower;
    private readonly NativeArray<float> _upper;
    private readonly NativeArray<int> _chosen;          // rows that may be among the best, ascending
    private LogitAdjustment _adjustment = LogitAdjustment.None;
    private int _wanted;
    private int _count;

    /// <param name="weights">With a head.</param>
    /// <param name="team">Computes.</param>
    /// <param name="screen">Null: every logit is computed. Disposed with this.</param>
    public HeadExecutor(SpanWeights weights, ComputeTeam team, HeadScreen? screen)
    {
        (_weights, _team, _screen) = (weights, team, screen);
        _input = new(weights.Shape.Dim);
        _logits = new(weights.Shape.Vocabulary);
        _rows = new((long)team.Count * weights.Shape.Dim);
        int screened = screen is null ? 0 : weights.Shape.Vocabulary;
        (_lower, _upper, _chosen) = (new(screened), new(screened), new(screened));
    }

    /// <summary>How many logits the last run computed.</summary>
    public int Computed => _count;

    /// <summary>Fills <paramref name="candidates"/> with the best tokens; false where a number is not finite.</summary>
    public bool Run(float* row, Span<Candidate> candidates) => Run(row, candidates, LogitAdjustment.None, false, out _);

    /// <summary>The same after an adjustment of the logits; a log-sum takes every one of them, so nothing is screened for it.</summary>
    public bool Run(float* row, Span<Candidate> candidates, LogitAdjustment adjustment, bool wantsLogSum, out float logSum)
    {
        logSum = 0;
        ModelShape shape = _weights.Shape;
        TKernels.RmsNorm(row, _weights.OutputNorm.Pointer, shape.Dim, shape.NormEpsilon, _input.Pointer);
        if (!TKernels.RoundToHalf(_input.Pointer, shape.Dim))
        {
            return false;
        }

        _count = shape.Vocabulary;
        bool screened = _screen is not null && !wantsLogSum && candidates.Length < shape.Vocabulary && _screen.TrySetInput(_input.Pointer);
        _wanted = screened ? candidates.Length : shape.Vocabulary;
        _adjustment = adjustment;
        _team.Run(this);
        Span<float> logits = new(_logits.Pointer, _count);
        if (!TKernels.AllFinite(_logits.Pointer, _count) || !(adjustment.IsNone || TryAdjust(logits, screened)))
        {
            return false;
        }

        CandidateSelection.Best(logits, candidates);
        for (int i = 0; screened && i < candidates.Length; i++)
        {
            candidates[i] = new((uint)_chosen.Pointer[candidates[i].Token], candidates[i].Logit);
        }

        logSum = wantsLogSum ? LogSum.Of(logits) : 0;
        return true;
    }

    public void Dispose()
    {
        IDisposable?[] all = [_input, _logits, _rows, _lower, _upper, _chosen, _screen];
        Array.ForEach(all, part => part?.Dispose());
    }

    void ITeamWork.Run(int member)
    {
        FloatTensor head = _weights.Head;
        float* room = _rows.Pointer + ((long)member * head.Columns);
        if (_wanted == head.Rows)
        {
            (int start, int end) = _team.Share(head.Rows, member, RowGrain);
            TKernels.Logits(head.Type, head.Data + (start * head.RowBytes), head.RowBytes, end - start, head.Columns, _input.Pointer, _logits.Pointer + start, room);
            return;
        }

        Screen(member);
        _team.Meet();
        if (member == 0)
        {
            Choose();
        }

        _team.Meet();
        for (int i = member; i < _count; i += _team.Count)
        {
            TKernels.Logits(head.Type, head.Data + (_chosen.Pointer[i] * head.RowBytes), head.RowBytes, 1, head.Columns, _input.Pointer, _logits.Pointer + i, room);
        }
    }

    private void Screen(int member)
    {
        int* products = stackalloc int[RowGrain];
        (int start, int end) = _team.Share(_weights.Head.Rows, member, RowGrain);
        for (int row = start; row < end; row += RowGrain)
        {
            _screen!.Bounds(row, Math.Min(RowGrain, end - row), products, _lower.Pointer + row, _upper.Pointer + row);
        }
    }

    private bool TryAdjust(Span<float> logits, bool screened)
    {
        if (screened)
        {
            _adjustment.Apply(new ReadOnlySpan<int>(_chosen.Pointer, _count), logits);
        }
        else
        {
            _adjustment.Apply(logits);
        }

        return TKernels.AllFinite(_logits.Pointer, _count);
    }

    // Every step of an adjustment, rounded as it is, keeps the order of what it is applied to: adjusted bounds are bounds of the adjusted logits. As many rows as are wanted have
    // one of at least the threshold; a row that cannot reach it has that many before it. A logit that overflows has an upper bound that does, so it is among the chosen.
    private void Choose()
    {
        int rows = _weights.Head.Rows;
        _adjustment.Apply(new Span<float>(_lower.Pointer, rows));
        _adjustment.Apply(new Span<float>(_upper.Pointer, rows));
        float threshold = _wanted == 0 ? float.PositiveInfinity : CandidateSelection.Nth(new(_lower.Pointer, rows), _wanted, new(_logits.Pointer, _wanted));
        _count = 0;
        for (int row = 0; row < rows; row++)
        {
            if (_upper.Pointer[row] >= threshold)
            {
                _chosen.Pointer[_count++] = row;
            }
        }
    }
}
