using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Numerics;

namespace Aria.Engine.Execution;

/// <summary>
/// A batch of rows through a range of layers, every member of the team doing its share of each phase (specs/numerics.md §3-6). Work is split by rows of matrices, by
/// rows of the batch and by heads, never inside a sum of floats.
/// </summary>
internal sealed unsafe class LayerExecutor<TKernels>(SpanWeights weights, Scratch scratch, ComputeTeam team) : ITeamWork
    where TKernels : IKernels
{
    private const int RowGrain = 32;        // what the fastest kernel takes together

    private readonly ModelShape _shape = weights.Shape;
    private RowBatch _batch = null!;
    private Exception? _observerFailure;
    private float* _rows;
    private int _count;

    /// <summary>Runs the batch's rows (count, dim) in place.</summary>
    public void Run(RowBatch batch, float* rows)
    {
        (_batch, _count) = (batch, batch.Count);
        _rows = rows;
        _observerFailure = null;
        team.Run(this);
        if (_observerFailure is { } failure)
        {
            _observerFailure = null;
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    void ITeamWork.Run(int member)
    {
        LayerRange layers = _batch.Layers;
        for (int layer = layers.Start; layer < layers.End; layer++)
        {
            Layer(layer, member);

            // All members must leave together: only what failed up to this layer counts, though a fast member may be in the next one.
            if (_batch.AllFailedBy(layer))
            {
                return;
            }

            if (member == 0)
            {
                Observe(layer);
            }
        }
    }

    private void Layer(int layer, int member)
    {
        LayerWeights w = weights.Layer(layer);
        NormAndQuantise(layer, member, _rows, w.AttentionNorm.Pointer, scratch.Residual);
        team.Meet();

        Multiply(w.Query, scratch.Residual, member, scratch.Query, _shape.AttentionWidth, add: false);
        Multiply(w.Key, scratch.Residual, member, scratch.Key, _shape.KvWidth, add: false);
        Multiply(w.Value, scratch.Residual, member, scratch.Value, _shape.KvWidth, add: false);
        team.Meet();

        Store(layer, member);
        team.Meet();

        Attend(layer, member);
        team.Meet();

        NormAndQuantise(layer, member, scratch.Attended, w.AttentionSubNorm is { } attention ? attention.Pointer : null, scratch.Attention);
        team.Meet();

        Multiply(w.AttentionOutput, scratch.Attention, member, _rows, _shape.Dim, add: true);
        team.Meet();

        NormAndQuantise(layer, member, _rows, w.FeedForwardNorm.Pointer, scratch.Residual);
        team.Meet();

        Gate(w, member);
        team.Meet();

        NormAndQuantise(layer, member, scratch.Gated, w.FeedForwardSubNorm is { } feedForward ? feedForward.Pointer : null, scratch.FeedForward);
        team.Meet();

        Multiply(w.Down, scratch.FeedForward, member, _rows, _shape.Dim, add: true);
        team.Meet();

        for (int t = member; t < _count; t += team.Count)
        {
            Check(TKernels.AllFinite(_rows + ((long)t * _shape.Dim), _shape.Dim), layer, t);
        }

        team.Meet();
    }

    // Rows of x through a norm (none where weight is null) and into eight bits.
    private void NormAndQuantise(int layer, int member, float* x, float* weight, QuantisedRows output)
    {
        int n = output.Columns;
        float* normed = scratch.Normed(member);
        for (int t = member; t < _count; t += team.Count)
        {
            float* row = x + ((long)t * n);
            if (weight is not null)
            {
                TKernels.RmsNorm(row, weight, n, _shape.NormEpsilon, normed);
                row = normed;
            }

            Check(TKernels.Quantise(row, n, output.Values + ((long)t * output.Stride), out output.Scales[t], out output.Sums[t]), layer, t);
        }
    }

    private void Multiply(PackedMatrix matrix, QuantisedRows input, int member, float* output, int width, bool add)
    {
        int* products = scratch.Products(member);
        (int start, int end) = team.Share(matrix.Rows, member, RowGrain);
        int together = Together(end - start);
        for (int row = start; row < end; row += together)
        {
            int rows = Math.Min(together, end - row);
            TKernels.Ternary(matrix.Group(row), matrix.Blocks, rows, input.Values, _count, products, Scratch.ProductStride);
            for (int t = 0; t < _count; t++)
            {
                float factor = Activations.Factor(matrix.MatrixScale, input.Scales[t]);
                TKernels.Scale(products + (t * Scratch.ProductStride), rows, input.Sums[t], factor, add, output + ((long)t * width) + row);
            }
        }
    }

    // As many rows at a time as there is room for, in shares of one size.
    private static int Together(int rows)
    {
        int shares = Math.Max(1, (rows + Scratch.TileRows - 1) / Scratch.TileRows);
        return ((rows + shares - 1) / shares + RowGrain - 1) / RowGrain * RowGrain;
    }

    // Rotates queries and keys, rounds both and the values to f16, and puts keys and values into the cache.
    private void Store(int layer, int member)
    {
        int headDim = _shape.HeadDim;
        int half = headDim / 2;
        fixed (float* allCosines = weights.Rope.Cosines, allSines = weights.Rope.Sines)
        {
            for (int t = member; t < _count; t += team.Count)
            {
                int position = _batch.Position(t);
                KvCache cache = _batch.Cache(t);
                float* cosines = allCosines + ((long)position * half);
                float* sines = allSines + ((long)position * half);
                float* query = scratch.Query + ((long)t * _shape.AttentionWidth);
                for (int head = 0; head < _shape.Heads; head++)
                {
                    TKernels.Rotate(query + (head * headDim), cosines, sines, headDim, _shape.Pairing);
                }

                bool finite = TKernels.RoundToHalf(query, _shape.AttentionWidth);
                for (int head = 0; head < _shape.KvHeads; head++)
                {
                    long from = ((long)t * _shape.KvWidth) + (head * headDim);
                    long to = (long)position * headDim;
                    TKernels.Rotate(scratch.Key + from, cosines, sines, headDim, _shape.Pairing);
                    finite &= TKernels.ToHalf(scratch.Key + from, headDim, cache.Keys(layer, head) + to);
                    finite &= TKernels.ToHalf(scratch.Value + from, headDim, cache.Values(layer, head) + to);
                }

                Check(finite, layer, t);
            }
        }
    }

    // Rows of one sequence that follow each other attend head by head; a row alone does so with the heads that share keys, unless that would leave members without work.
    private void Attend(int layer, int member)
    {
        int group = _shape.Heads / _shape.KvHeads;
        int heads = _count * _shape.KvHeads % team.Count == 0 || _count * _shape.KvHeads >= 4 * team.Count ? group : 1;
        int turn = 0;
        for (int row = 0; row < _count;)
        {
            int rows = _batch.RowsTogether(row);
            int together = rows > 1 ? 1 : heads;
            for (int head = 0; head < _shape.Heads; head += together)
            {
                if (turn++ % team.Count == member)
                {
                    Attend(layer, member, row, rows, head, together);
                }
            }

            row += rows;
        }
    }

    // Rows or heads, not both, are more than one.
    private void Attend(int layer, int member, int row, int rows, int head, int heads)
    {
        int headDim = _shape.HeadDim;
        int kvHead = head / (_shape.Heads / _shape.KvHeads);
        long at = ((long)row * _shape.AttentionWidth) + (head * headDim);
        bool many = rows > 1;
        AttentionQueries queries = new(
            scratch.Query + at, scratch.Attended + at, many ? rows : heads, many ? _shape.AttentionWidth : headDim, _batch.Position(row) + 1, many ? 1 : 0);
        KvCache cache = _batch.Cache(row);
        TKernels.Attend(queries, cache.Keys(layer, kvHead), cache.Values(layer, kvHead), headDim, weights.AttentionScale, scratch.Weights(member));
    }

    private void Gate(LayerWeights w, int member)
    {
        QuantisedRows input = scratch.Residual;
        int* products = scratch.Products(member);
        float* up = scratch.Tile(member);
        (int start, int end) = team.Share(_shape.FeedForward, member, RowGrain);
        int together = Together(end - start);
        for (int row = start; row < end; row += together)
        {
            int rows = Math.Min(together, end - row);
            TKernels.Ternary(w.Gate.Group(row), w.Gate.Blocks, rows, input.Values, _count, products, Scratch.ProductStride);
            for (int t = 0; t < _count; t++)
            {
                float factor = Activations.Factor(w.Gate.MatrixScale, input.Scales[t]);
                TKernels.Scale(products + (t * Scratch.ProductStride), rows, input.Sums[t], factor, add: false, scratch.Gated + ((long)t * _shape.FeedForward) + row);
            }

            TKernels.Ternary(w.Up.Group(row), w.Up.Blocks, rows, input.Values, _count, products, Scratch.ProductStride);
            for (int t = 0; t < _count; t++)
            {
                float* gated = scratch.Gated + ((long)t * _shape.FeedForward) + row;
                float factor = Activations.Factor(w.Up.MatrixScale, input.Scales[t]);
                TKernels.Scale(products + (t * Scratch.ProductStride), rows, input.Sums[t], factor, add: false, up);
                TKernels.Gate(gated, up, rows, _shape.Activation, gated);
            }
        }
    }

    private void Check(bool finite, int layer, int row)
    {
        if (!finite)
        {
            _batch.Fail(layer, row);
        }
    }

    private void Observe(int layer)
    {
        if (_observerFailure is not null)
        {
            return;
        }

        try
        {
            for (int t = 0; t < _count; t++)
            {
                if (_batch.Observer(t) is { } observer && !_batch.HasFailedBy(layer, t))
                {
                    observer(layer + 1, _batch.Position(t), new(_rows + ((long)t * _shape.Dim), _shape.Dim));
                }
            }
        }
#pragma warning disable CA1031 // The other members are waiting; it is thrown when all have ended.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _observerFailure = e;
        }
    }
}
