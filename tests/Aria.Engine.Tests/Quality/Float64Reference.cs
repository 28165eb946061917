using System.Numerics;
using Aria.Engine.Models;

namespace Aria.Engine.Tests.Quality;

/// <summary>
/// The model as it was trained, in f64: activations in eight bits before every ternary product, and nothing else rounded. It shares with the engine the reading of the file and no arithmetic.
/// </summary>
internal sealed class Float64Reference
{
    private readonly ModelShape _shape;
    private readonly double[][] _embedding;
    private readonly double[][] _head;
    private readonly double[] _outputNorm;
    private readonly Layer[] _layers;
    private readonly double[][] _cosines;
    private readonly double[][] _sines;

    public Float64Reference(ModelFile model)
    {
        _shape = model.Shape;
        _embedding = Rows(model.Tensors.Embedding);
        _head = model.Tensors.OwnHead is { } head ? Rows(head) : _embedding;
        _outputNorm = Rows(model.Tensors.OutputNorm)[0];
        _layers = [.. model.Tensors.Layers.Select(layer => new Layer(layer))];
        int half = _shape.HeadDim / 2;
        double Angle(int position, int i) => position * Math.Pow(_shape.RopeTheta, -2.0 * i / _shape.HeadDim);
        _cosines = [.. Enumerable.Range(0, _shape.Context).Select(p => Enumerable.Range(0, half).Select(i => Math.Cos(Angle(p, i))).ToArray())];
        _sines = [.. Enumerable.Range(0, _shape.Context).Select(p => Enumerable.Range(0, half).Select(i => Math.Sin(Angle(p, i))).ToArray())];
    }

    /// <summary>The logits after each token.</summary>
    public IEnumerable<double[]> Logits(IEnumerable<uint> tokens)
    {
        List<double[]>[] keys = [.. _layers.Select(_ => new List<double[]>())];
        List<double[]>[] values = [.. _layers.Select(_ => new List<double[]>())];
        foreach (uint token in tokens)
        {
            double[] x = [.. _embedding[token]];
            for (int layer = 0; layer < _layers.Length; layer++)
            {
                Run(_layers[layer], x, keys[layer], values[layer]);
            }

            double[] y = Normed(x, _outputNorm);
            yield return [.. _head.Select(row => Dot(row, y))];
        }
    }

    private void Run(Layer layer, double[] x, List<double[]> keys, List<double[]> values)
    {
        int position = keys.Count;
        double[] h = Normed(x, layer.AttentionNorm);
        double[] query = Turned(layer.Query.Of(h), position);
        keys.Add(Turned(layer.Key.Of(h), position));
        values.Add(layer.Value.Of(h));
        double[] attended = new double[_shape.AttentionWidth];
        for (int head = 0; head < _shape.Heads; head++)
        {
            Attend(query, keys, values, head, attended);
        }

        Add(x, layer.AttentionOutput.Of(layer.AttentionSubNorm is { } sub ? Normed(attended, sub) : attended));
        h = Normed(x, layer.FeedForwardNorm);
        double[] gate = layer.Gate.Of(h), up = layer.Up.Of(h);
        double[] gated = [.. gate.Zip(up, (g, u) => (_shape.Activation == GateActivation.ReluSquared ? Math.Max(g, 0) * Math.Max(g, 0) : g / (1 + Math.Exp(-g))) * u)];
        Add(x, layer.Down.Of(layer.FeedForwardSubNorm is { } norm ? Normed(gated, norm) : gated));
    }

    private void Attend(double[] query, List<double[]> keys, List<double[]> values, int head, double[] attended)
    {
        int width = _shape.HeadDim, at = head * width, from = head / (_shape.Heads / _shape.KvHeads) * width;
        double[] scores = [.. keys.Select(key => Dot(key.AsSpan(from, width), query.AsSpan(at, width)) / Math.Sqrt(width))];
        double top = scores.Max(), sum = 0;
        for (int p = 0; p < scores.Length; p++)
        {
            double weight = Math.Exp(scores[p] - top);
            sum += weight;
            for (int i = 0; i < width; i++)
            {
                attended[at + i] += weight * values[p][from + i];
            }
        }

        for (int i = 0; i < width; i++)
        {
            attended[at + i] /= sum;
        }
    }

    private double[] Turned(double[] heads, int position)
    {
        int width = _shape.HeadDim, half = width / 2;
        double[] result = new double[heads.Length];
        for (int at = 0; at < heads.Length; at += width)
        {
            for (int i = 0; i < half; i++)
            {
                (int first, int second) = _shape.Pairing == RopePairing.Halves ? (at + i, at + i + half) : (at + (2 * i), at + (2 * i) + 1);
                (double cosine, double sine) = (_cosines[position][i], _sines[position][i]);
                result[first] = (heads[first] * cosine) - (heads[second] * sine);
                result[second] = (heads[first] * sine) + (heads[second] * cosine);
            }
        }

        return result;
    }

    private double[] Normed(double[] x, double[] weights)
    {
        double factor = 1 / Math.Sqrt((x.Sum(value => value * value) / x.Length) + _shape.NormEpsilon);
        return [.. x.Zip(weights, (value, weight) => value * factor * weight)];
    }

    private static void Add(double[] x, double[] more)
    {
        for (int i = 0; i < x.Length; i++)
        {
            x[i] += more[i];
        }
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Vector<double> sums = default;
        int i = 0;
        for (; i <= a.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            sums += new Vector<double>(a[i..]) * new Vector<double>(b[i..]);
        }

        double sum = Vector.Sum(sums);
        for (; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    private static double[][] Rows(FloatTensor tensor)
    {
        float[] row = new float[tensor.Columns];
        return [.. Enumerable.Range(0, tensor.Rows).Select(r =>
        {
            tensor.Row(r, row);
            return row.Select(value => (double)value).ToArray();
        })];
    }

    private sealed class Layer(LayerTensors tensors)
    {
        public double[] AttentionNorm { get; } = Rows(tensors.AttentionNorm)[0];

        public Matrix Query { get; } = new(tensors.Query);

        public Matrix Key { get; } = new(tensors.Key);

        public Matrix Value { get; } = new(tensors.Value);

        public double[]? AttentionSubNorm { get; } = tensors.AttentionSubNorm is { } norm ? Rows(norm)[0] : null;

        public Matrix AttentionOutput { get; } = new(tensors.AttentionOutput);

        public double[] FeedForwardNorm { get; } = Rows(tensors.FeedForwardNorm)[0];

        public Matrix Gate { get; } = new(tensors.Gate);

        public Matrix Up { get; } = new(tensors.Up);

        public double[]? FeedForwardSubNorm { get; } = tensors.FeedForwardSubNorm is { } norm ? Rows(norm)[0] : null;

        public Matrix Down { get; } = new(tensors.Down);
    }

    /// <summary>−1, 0 and +1 as f32: products with whole numbers of eight bits and their sums are exact.</summary>
    private sealed class Matrix
    {
        private readonly float[][] _rows;
        private readonly double _scale;

        public Matrix(TernaryTensor tensor)
        {
            _scale = tensor.Scale;
            byte[] codes = new byte[tensor.Columns];
            _rows = [.. Enumerable.Range(0, tensor.Rows).Select(row =>
            {
                tensor.Row(row, codes);
                return codes.Select(code => code - 1f).ToArray();
            })];
        }

        public double[] Of(double[] x)
        {
            double scale = 127 / Math.Max(x.Max(Math.Abs), 1e-5);
            float[] q = [.. x.Select(value => (float)Math.Clamp(Math.Round(value * scale), -128, 127))];
            double factor = _scale / scale;
            return [.. _rows.Select(row => Dot(row, q) * factor)];
        }

        private static double Dot(ReadOnlySpan<float> row, ReadOnlySpan<float> q)
        {
            Vector<float> sums = default;
            int i = 0;
            for (; i <= row.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                sums += new Vector<float>(row[i..]) * new Vector<float>(q[i..]);
            }

            double sum = Vector.Sum(sums);
            for (; i < row.Length; i++)
            {
                sum += row[i] * q[i];
            }

            return sum;
        }
    }
}
