using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Numerics;

namespace Aria.Engine.Execution;

/// <summary>One input of the screen: where its vectors stand, and how far they are from it.</summary>
/// <param name="Vector">The first of its vectors.</param>
/// <param name="Wide">Whether it has two, the first of them to be taken 128 times.</param>
/// <param name="Step">What a unit of the (second) vector stands for.</param>
/// <param name="ErrorFactor">Of a row's error, in the width of its bounds.</param>
/// <param name="NormFactor">Of a row's norm, in the width of its bounds.</param>
internal readonly record struct ScreenInput(int Vector, bool Wide, float Step, float ErrorFactor, float NormFactor);

/// <summary>
/// An eight-bit copy of the head that says of every logit between which two numbers it lies. Rows that cannot be among the best are never computed; the others are, exactly,
/// so the candidates are those of the whole head, bit for bit, for half of its bytes.
/// </summary>
/// <remarks>
/// With row w ≈ s·q and input y ≈ t·p, by Cauchy and Schwarz |w·y − (s·t)(q·p)| ≤ ‖w − s·q‖ ‖y‖ + ‖s·q‖ ‖y − t·p‖. The lane sum itself (specs/numerics.md §1) is off the real w·y by at
/// most γ ‖w‖ ‖y‖, where γ = m·u / (1 − m·u) for the m roundings that a product meets and u = 2^−24. The f32 steps of <see cref="Bounds"/> add at most 16·u of what they add up,
/// which is at most ‖s·q‖ (‖t·p‖ + …) with the norms of both vectors of a wide input.
/// </remarks>
internal sealed unsafe class HeadScreen : IDisposable
{
    /// <summary>Two to a row.</summary>
    public const int MaxVectors = 2 * HeadRow.MaxTogether;

    private const int Largest = 127;
    private const int Shift = 128;                  // of the first vector of two
    private const int LargestWide = (Largest * Shift) - (Shift / 2);
    private const double NarrowEnough = 0.012;      // of the input's norm: about what eight bits leave of a row of the head
    private const double Safety = 1 + 1e-5;         // more than all roundings of the f64 steps below
    private const double LargestSafe = 1e36;        // below this no partial sum of a logit is near the end of f32
    private const float Smallest = 2.4651903e-32f;  // 2^−105: more than what underflows

    private readonly NativeArray<sbyte> _rows;      // (vocabulary, stride)
    private readonly NativeArray<float> _scales;    // (vocabulary)
    private readonly NativeArray<float> _errors;    // (vocabulary): ‖w − s·q‖, rounded up
    private readonly NativeArray<float> _norms;     // (vocabulary): ‖w‖, rounded up
    private readonly NativeArray<sbyte> _vectors;   // (vectors, stride)
    private readonly double _laneError;
    private readonly float _largestNorm;

    public HeadScreen(FloatTensor head)
    {
        (Rows, Columns) = (head.Rows, head.Columns);
        Stride = StrideOf(Columns);
        _rows = new((long)Rows * Stride);
        (_scales, _errors, _norms) = (new(Rows), new(Rows), new(Rows));
        _vectors = new((long)MaxVectors * Stride);
        double roundings = (Columns / 32) + 8;
        _laneError = roundings * Math.ScaleB(1, -24) * 1.01;
        const int rowsAtOnce = 256;
        Parallel.For(0, (Rows + rowsAtOnce - 1) / rowsAtOnce, part =>
        {
            float[] row = new float[Columns];
            for (int r = part * rowsAtOnce; r < Math.Min(Rows, (part + 1) * rowsAtOnce); r++)
            {
                fixed (float* values = row)
                {
                    VectorRows.Decode(head.Type, head.Data + (r * head.RowBytes), Columns, values);
                    Quantise(values, r);
                }
            }

            head.Release(part * rowsAtOnce, Math.Min(rowsAtOnce, Rows - (part * rowsAtOnce)));
        });
        for (int r = 0; r < Rows; r++)
        {
            _largestNorm = Math.Max(_largestNorm, _norms.Pointer[r]);
        }
    }

    /// <summary>The memory that a screen of <paramref name="head"/> takes.</summary>
    public static long BytesFor(FloatTensor head) => BytesOf(head.Rows, StrideOf(head.Columns));

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Bytes of a row or vector.</summary>
    public int Stride { get; }

    /// <summary>Read to screen once: rows, and a scale, an error and a norm of each.</summary>
    public long Bytes => BytesOf(Rows, Stride);

    /// <summary>(count, stride)</summary>
    public sbyte* Vectors => _vectors.Pointer;

    /// <summary>Vectors of the inputs so far.</summary>
    public int Count { get; private set; }

    public sbyte* Row(int row) => _rows.Pointer + ((long)row * Stride);

    /// <summary>Forgets all inputs.</summary>
    public void Clear() => Count = 0;

    /// <summary>One more input (columns); null where logits could pass the end of f32 and must be computed one and all.</summary>
    public ScreenInput? TryAdd(float* y)
    {
        float largest = 0;
        double square = 0;
        for (int i = 0; i < Columns; i++)
        {
            largest = Math.Max(largest, Math.Abs(y[i]));
            square += (double)y[i] * y[i];
        }

        double norm = Math.Sqrt(square) * Safety;
        if (_largestNorm * norm >= LargestSafe)
        {
            return null;
        }

        sbyte* vector = Vectors + ((long)Count * Stride);
        float step = largest / Largest;
        double error = Narrow(y, step, vector);
        double sum = norm + error;      // at least the norm of what the vectors stand for, each by itself
        bool wide = error > NarrowEnough * norm;
        if (wide)
        {
            step = largest / LargestWide;
            error = Widen(y, step, vector, vector + Stride);
            sum = norm + error + (2 * Shift * (double)step * Math.Sqrt(Columns));       // the second vector is at most half a unit of the first
        }

        ScreenInput input = new(
            Count, wide, step,
            MathF.BitIncrement((float)((norm + error + (sum * Math.ScaleB(1, -20))) * Safety)),
            MathF.BitIncrement((float)((error + (_laneError * norm) + (sum * Math.ScaleB(1, -20))) * Safety)));
        Count += wide ? 2 : 1;
        return input;
    }

    /// <summary>Between which two numbers the logits of <paramref name="count"/> rows from <paramref name="first"/> on lie.</summary>
    /// <param name="input">Of <see cref="TryAdd"/>.</param>
    /// <param name="first">Row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="products">(vectors, stride): rows times vectors.</param>
    /// <param name="stride">At least the rows.</param>
    /// <param name="lower">(rows)</param>
    /// <param name="upper">(rows)</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Bounds(in ScreenInput input, int first, int count, int* products, int stride, float* lower, float* upper)
    {
        int* high = products + (input.Vector * stride);
        int* low = high + stride;
        float* scales = _scales.Pointer + first;
        float* errors = _errors.Pointer + first;
        float* norms = _norms.Pointer + first;
        int i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> product = Vector256.ConvertToSingle(Vector256.Load(high + i));
            if (input.Wide)
            {
                product = (product * Vector256.Create((float)Shift)) + Vector256.ConvertToSingle(Vector256.Load(low + i));
            }

            Vector256<float> middle = Vector256.Load(scales + i) * Vector256.Create(input.Step) * product;
            Vector256<float> width = (Vector256.Load(errors + i) * Vector256.Create(input.ErrorFactor)) + (Vector256.Load(norms + i) * Vector256.Create(input.NormFactor));
            width += Vector256.Create(Smallest);
            (middle - width).Store(lower + i);
            (middle + width).Store(upper + i);
        }

        for (; i < count; i++)
        {
            float product = input.Wide ? ((float)high[i] * Shift) + low[i] : high[i];
            float middle = scales[i] * input.Step * product;
            float width = (errors[i] * input.ErrorFactor) + (norms[i] * input.NormFactor) + Smallest;
            (lower[i], upper[i]) = (middle - width, middle + width);
        }
    }

    public void Dispose()
    {
        IDisposable[] all = [_rows, _scales, _errors, _norms, _vectors];
        Array.ForEach(all, part => part.Dispose());
    }

    // Fills a vector with y in units of the step, and says how far that is from y.
    private double Narrow(float* y, float step, sbyte* vector)
    {
        double inverse = step == 0 ? 0 : 1 / (double)step;
        double error = 0;
        for (int i = 0; i < Columns; i++)
        {
            int value = Math.Clamp((int)Math.Round(y[i] * inverse, MidpointRounding.ToEven), -Largest, Largest);
            double rest = y[i] - ((double)value * step);
            error += rest * rest;
            vector[i] = (sbyte)value;
        }

        return Math.Sqrt(error) * Safety;
    }

    // The same in two vectors, the first of them in units of 128 steps.
    private double Widen(float* y, float step, sbyte* high, sbyte* low)
    {
        double inverse = step == 0 ? 0 : 1 / (double)step;
        double error = 0;
        for (int i = 0; i < Columns; i++)
        {
            int value = Math.Clamp((int)Math.Round(y[i] * inverse, MidpointRounding.ToEven), -LargestWide, LargestWide);
            double rest = y[i] - ((double)value * step);
            error += rest * rest;
            int above = (value + (Shift / 2)) >> 7;
            high[i] = (sbyte)above;
            low[i] = (sbyte)(value - (above * Shift));
        }

        return Math.Sqrt(error) * Safety;
    }

    // In units of the scale, so that no square is lost or too large: z = w · (1 / s) is off w / s by three roundings at most, and sums of n squares by less than n of them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Quantise(float* row, int r)
    {
        Vector256<float> most = Vector256<float>.Zero;
        int i = 0;
        for (; i <= Columns - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            most = Vector256.Max(most, Vector256.Abs(Vector256.Load(row + i)));
        }

        float largest = 0;
        for (int lane = 0; lane < Vector256<float>.Count; lane++)
        {
            largest = Math.Max(largest, most.GetElement(lane));
        }

        for (; i < Columns; i++)
        {
            largest = Math.Max(largest, Math.Abs(row[i]));
        }

        float scale = largest / Largest;
        float inverse = 1 / scale;
        if (!float.IsFinite(inverse))       // a row of zeros, or of the smallest numbers: q is all zero, and all is error
        {
            float bound = MathF.BitIncrement((float)(largest * Math.Sqrt(Columns)));
            (_scales.Pointer[r], _errors.Pointer[r], _norms.Pointer[r]) = (0, bound, bound);
            return;
        }

        sbyte* q = Row(r);
        Vector256<float> squares = Vector256<float>.Zero;
        Vector256<float> errors = squares;
        for (i = 0; i <= Columns - (4 * Vector256<float>.Count); i += 4 * Vector256<float>.Count)
        {
            Vector256<int> a = Rounded(row + i, inverse, ref squares, ref errors);
            Vector256<int> b = Rounded(row + i + 8, inverse, ref squares, ref errors);
            Vector256<int> c = Rounded(row + i + 16, inverse, ref squares, ref errors);
            Vector256<int> d = Rounded(row + i + 24, inverse, ref squares, ref errors);
            Vector256.Narrow(Vector256.Narrow(a, b), Vector256.Narrow(c, d)).Store(q + i);
        }

        float square = VectorMath.Tree(squares);
        float error = VectorMath.Tree(errors);
        for (; i < Columns; i++)
        {
            float z = row[i] * inverse;
            float whole = (z + Exponential.Rounder) - Exponential.Rounder;
            q[i] = (sbyte)Math.Clamp(whole, -Largest, Largest);
            float rest = z - q[i];
            square += z * z;
            error += rest * rest;
        }

        double slack = 1 + ((Columns + 8) * Math.ScaleB(1, -23));
        double norm = Math.Sqrt(square) * slack;
        _scales.Pointer[r] = scale;
        _errors.Pointer[r] = MathF.BitIncrement((float)(scale * ((Math.Sqrt(error) * slack) + (norm * Math.ScaleB(1, -21))) * Safety));
        _norms.Pointer[r] = MathF.BitIncrement((float)(scale * norm * (1 + Math.ScaleB(1, -21)) * Safety));
    }

    // Any rounding will do: what it leaves is measured.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Rounded(float* row, float inverse, ref Vector256<float> squares, ref Vector256<float> errors)
    {
        Vector256<float> rounder = Vector256.Create(Exponential.Rounder);
        Vector256<float> z = Vector256.Load(row) * Vector256.Create(inverse);
        Vector256<int> whole = (z + rounder).AsInt32() - rounder.AsInt32();
        whole = Vector256.Max(Vector256.Min(whole, Vector256.Create(Largest)), Vector256.Create(-Largest));
        Vector256<float> rest = z - Vector256.ConvertToSingle(whole);
        squares += z * z;
        errors += rest * rest;
        return whole;
    }

    private static int StrideOf(int columns) => (columns + ScreenKernel.Grain - 1) / ScreenKernel.Grain * ScreenKernel.Grain;

    private static long BytesOf(int rows, int stride) => (long)rows * (stride + (3 * sizeof(float)));
}
