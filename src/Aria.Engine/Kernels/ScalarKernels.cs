using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;

namespace Aria.Engine.Kernels;

/// <summary>The reference: specs/numerics.md written down as plainly as C# allows. What the other kernels are measured against.</summary>
internal readonly unsafe struct ScalarKernels : IKernels
{
    private const int Lanes = 32;
    private const int NormLanes = 8;
    private const int PlaneColumns = 64;

    public static string Name => "scalar";

    public static RowGrouping Grouping => RowGrouping.Four;

    public static bool ScreensHead => false;

    public static void Ternary(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride)
    {
        for (int t = 0; t < tokens; t++)
        {
            sbyte* q = activations + ((long)t * blocks * PackedMatrix.BlockColumns);
            for (int r = 0; r < rows; r++)
            {
                (int group, int inGroup) = Math.DivRem(r, PackedMatrix.GroupRows);
                int sum = 0;
                for (int b = 0; b < blocks; b++)
                {
                    byte* block = weights + (((((long)group * blocks) + b) * PackedMatrix.GroupRows) + inGroup) * PackedMatrix.BlockBytes;
                    for (int m = 0; m < PackedMatrix.BlockBytes; m++)
                    {
                        int codes = block[m];
                        sbyte* column = q + (b * PackedMatrix.BlockColumns) + m;
                        sum += ((codes & 3) * column[0])
                            + (((codes >> 2) & 3) * column[PlaneColumns])
                            + (((codes >> 4) & 3) * column[2 * PlaneColumns])
                            + ((codes >> 6) * column[3 * PlaneColumns]);
                    }
                }

                products[(t * stride) + r] = sum;
            }
        }
    }

    public static void Screen(sbyte* rows, int count, int n, sbyte* vectors, int vectorCount, int* products, int stride)
    {
        for (int v = 0; v < vectorCount; v++)
        {
            for (int r = 0; r < count; r++)
            {
                int sum = 0;
                for (int i = 0; i < n; i++)
                {
                    sum += rows[((long)r * n) + i] * vectors[((long)v * n) + i];
                }

                products[(v * stride) + r] = sum;
            }
        }
    }

    public static void Scale(int* products, int n, int sum, float factor, bool add, float* y)
    {
        for (int i = 0; i < n; i++)
        {
            float value = (float)(products[i] - sum) * factor;
            y[i] = add ? y[i] + value : value;
        }
    }

    public static void RmsNorm(float* x, float* weight, int n, float epsilon, float* y)
    {
        double* lanes = stackalloc double[NormLanes];
        new Span<double>(lanes, NormLanes).Clear();
        for (int i = 0; i < n; i++)
        {
            double square = (double)x[i] * x[i];        // exact
            lanes[i % NormLanes] += square;
        }

        for (int half = NormLanes / 2; half > 0; half /= 2)
        {
            for (int j = 0; j < half; j++)
            {
                lanes[j] += lanes[j + half];
            }
        }

        float mean = (float)(lanes[0] / n);
        float root = MathF.Sqrt(mean + epsilon);
        float factor = 1f / root;
        for (int i = 0; i < n; i++)
        {
            float scaled = x[i] * factor;
            y[i] = scaled * weight[i];
        }
    }

    public static bool Quantise(float* x, int n, sbyte* q, out float scale, out int sum)
    {
        int largest = 0;
        for (int i = 0; i < n; i++)
        {
            int magnitude = BitConverter.SingleToInt32Bits(x[i]) & 0x7fffffff;
            largest = magnitude > largest ? magnitude : largest;
        }

        scale = Activations.Scale(largest);
        sum = 0;
        for (int i = 0; i < n; i++)
        {
            float scaled = x[i] * scale;
            int value = (int)MathF.Round(scaled, MidpointRounding.ToEven);
            value = value > Activations.Largest ? Activations.Largest : value < -Activations.Largest ? -Activations.Largest : value;
            q[i] = (sbyte)value;
            sum += value;
        }

        return largest < Activations.InfinityBits;
    }

    public static void Rotate(float* head, float* cosines, float* sines, int headDim, RopePairing pairing)
    {
        int half = headDim / 2;
        for (int i = 0; i < half; i++)
        {
            (int first, int second) = pairing == RopePairing.Halves ? (i, i + half) : (2 * i, (2 * i) + 1);
            (float a, float b) = (head[first], head[second]);
            float ac = a * cosines[i];
            float bs = b * sines[i];
            float @as = a * sines[i];
            float bc = b * cosines[i];
            head[first] = ac - bs;
            head[second] = @as + bc;
        }
    }

    public static bool ToHalf(float* x, int n, ushort* y)
    {
        bool finite = true;
        for (int i = 0; i < n; i++)
        {
            y[i] = Float16.FromSingle(x[i]);
            finite &= (y[i] & 0x7fff) < Float16.Infinity;
        }

        return finite;
    }

    public static bool RoundToHalf(float* x, int n)
    {
        bool finite = true;
        for (int i = 0; i < n; i++)
        {
            ushort half = Float16.FromSingle(x[i]);
            x[i] = Float16.ToSingle(half);
            finite &= (half & 0x7fff) < Float16.Infinity;
        }

        return finite;
    }

    public static void Attend(in AttentionQueries queries, ushort* keys, ushort* values, int headDim, float scale, float* weights)
    {
        for (int i = 0; i < queries.Count; i++)
        {
            Attend(queries.Query(i), keys, values, headDim, queries.Positions(i), scale, weights, queries.Output(i));
        }
    }

    private static void Attend(float* query, ushort* keys, ushort* values, int headDim, int positions, float scale, float* weights, float* output)
    {
        float* lanes = stackalloc float[Lanes];
        float largest = float.NegativeInfinity;
        for (int j = 0; j < positions; j++)
        {
            new Span<float>(lanes, Lanes).Clear();
            ushort* key = keys + ((long)j * headDim);
            for (int i = 0; i < headDim; i++)
            {
                float product = query[i] * Float16.ToSingle(key[i]);        // exact: two f16
                lanes[i % Lanes] += product;
            }

            weights[j] = Tree(lanes) * scale;
            largest = weights[j] > largest ? weights[j] : largest;
        }

        double total = 0;       // exact: multiples of 2^−24, none above 1
        for (int j = 0; j < positions; j++)
        {
            weights[j] = Float16.Round(Exponential.Of(weights[j] - largest));
            total += weights[j];
        }

        float divisor = (float)total;
        for (int d = 0; d < headDim; d++)
        {
            float sum = 0f;
            for (int j = 0; j < positions; j++)
            {
                float product = weights[j] * Float16.ToSingle(values[((long)j * headDim) + d]);     // exact
                sum += product;
            }

            output[d] = sum / divisor;
        }
    }

    public static void Gate(float* gate, float* up, int n, GateActivation activation, float* y)
    {
        for (int i = 0; i < n; i++)
        {
            float value;
            if (activation == GateActivation.ReluSquared)
            {
                float positive = gate[i] > 0f ? gate[i] : 0f;
                value = positive * positive;
            }
            else
            {
                float divisor = 1f + Exponential.Of(-gate[i]);
                value = gate[i] / divisor;
            }

            y[i] = value * up[i];
        }
    }

    public static bool AllFinite(float* x, int n)
    {
        bool finite = true;
        for (int i = 0; i < n; i++)
        {
            finite &= float.IsFinite(x[i]);
        }

        return finite;
    }

    public static void Logits(TensorType type, byte* rows, long rowBytes, int count, int n, float* x, float* logits, float* row)
    {
        float* lanes = stackalloc float[Lanes];
        for (int r = 0; r < count; r++)
        {
            RowDecoding.Decode(type, new(rows + (r * rowBytes), (int)rowBytes), new(row, n));
            new Span<float>(lanes, Lanes).Clear();
            for (int i = 0; i < n; i++)
            {
                float product = row[i] * x[i];
                lanes[i % Lanes] += product;
            }

            logits[r] = Tree(lanes);
        }
    }

    private static float Tree(float* lanes)
    {
        for (int half = Lanes / 2; half > 0; half /= 2)
        {
            for (int j = 0; j < half; j++)
            {
                lanes[j] += lanes[j + half];
            }
        }

        return lanes[0];
    }
}
