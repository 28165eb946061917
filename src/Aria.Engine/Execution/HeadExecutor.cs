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
    private LogitBiases _biases;
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
    public bool Run(float* row, Span<Candidate> candidates, LogitBiases biases = default)
    {
        ModelShape shape = _weights.Shape;
        TKernels.RmsNorm(row, _weights.OutputNorm.Pointer, shape.Dim, shape.NormEpsilon, _input.Pointer);
        if (!TKernels.RoundToHalf(_input.Pointer, shape.Dim))
        {
            return false;
        }

        _count = shape.Vocabulary;
        bool screened = _screen is not null && candidates.Length < shape.Vocabulary && _screen.TrySetInput(_input.Pointer);
        _wanted = screened ? candidates.Length : shape.Vocabulary;
        _biases = biases;
        _team.Run(this);
        Span<float> logits = new(_logits.Pointer, _count);
        if (!TKernels.AllFinite(_logits.Pointer, _count) || !(screened ? TryBiasChosen(logits) : LogitAdjustment.TryBias(logits, biases)))
        {
            return false;
        }

        CandidateSelection.Best(logits, candidates);
        for (int i = 0; screened && i < candidates.Length; i++)
        {
            candidates[i] = new((uint)_chosen.Pointer[candidates[i].Token], candidates[i].Logit);
        }

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

    private bool TryBiasChosen(Span<float> logits)
    {
        bool finite = true;
        foreach (LogitBias bias in _biases.Span)
        {
            if (bias.Token < (uint)_weights.Head.Rows)
            {
                ref float logit = ref logits[new ReadOnlySpan<int>(_chosen.Pointer, _count).BinarySearch((int)bias.Token)];
                logit += bias.Bias;
                finite &= float.IsFinite(logit);
            }
        }

        return finite;
    }

    // Biased rows are always computed. As many of the others as are wanted have a logit of at least the threshold; a row that cannot reach it has that many before it.
    private void Choose()
    {
        int rows = _weights.Head.Rows;
        foreach (LogitBias bias in _biases.Span)
        {
            if (bias.Token < (uint)rows)
            {
                (_lower.Pointer[bias.Token], _upper.Pointer[bias.Token]) = (float.NegativeInfinity, float.PositiveInfinity);
            }
        }

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
