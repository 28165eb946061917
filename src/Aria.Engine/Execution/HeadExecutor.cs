using Aria.Engine.Kernels;
using Aria.Engine.Models;

namespace Aria.Engine.Execution;

/// <summary>Final norm, logits over the vocabulary and the best of them, in order (specs/numerics.md §7).</summary>
internal sealed unsafe class HeadExecutor<TKernels>(SpanWeights weights, ComputeTeam team) : ITeamWork, IDisposable
    where TKernels : IKernels
{
    private const int RowGrain = 64;

    private readonly NativeArray<float> _input = new(weights.Shape.Dim);
    private readonly NativeArray<float> _logits = new(weights.Shape.Vocabulary);
    private readonly NativeArray<float> _rows = new((long)team.Count * weights.Shape.Dim);

    /// <summary>Fills <paramref name="candidates"/> with the best tokens; false where a number is not finite.</summary>
    public bool Run(float* row, Span<Candidate> candidates)
    {
        ModelShape shape = weights.Shape;
        TKernels.RmsNorm(row, weights.OutputNorm.Pointer, shape.Dim, shape.NormEpsilon, _input.Pointer);
        if (!TKernels.RoundToHalf(_input.Pointer, shape.Dim))
        {
            return false;
        }

        team.Run(this);
        if (!TKernels.AllFinite(_logits.Pointer, shape.Vocabulary))
        {
            return false;
        }

        CandidateSelection.Best(new(_logits.Pointer, shape.Vocabulary), candidates);
        return true;
    }

    public void Dispose()
    {
        _input.Dispose();
        _logits.Dispose();
        _rows.Dispose();
    }

    void ITeamWork.Run(int member)
    {
        FloatTensor head = weights.Head;
        (int start, int end) = team.Share(head.Rows, member, RowGrain);
        TKernels.Logits(
            head.Type, head.Data + (start * head.RowBytes), head.RowBytes, end - start, head.Columns, _input.Pointer,
            _logits.Pointer + start, _rows.Pointer + ((long)member * head.Columns));
    }
}
