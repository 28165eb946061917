using System.Runtime.CompilerServices;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Numerics;

namespace Aria.Engine.Execution;

/// <summary>
/// An eight-bit copy of the head that says of every logit between which two numbers it lies. Rows that cannot be among the best are never computed; the others are, exactly,
/// so the candidates are those of the whole head, bit for bit, for half of its bytes.
/// </summary>
/// <remarks>
/// With row w ≈ s·q and input y ≈ p/t, by Cauchy and Schwarz |w·y − (s/t)(q·p)| ≤ ‖w − s·q‖ ‖y‖ + ‖s·q‖ ‖y − p/t‖. The lane sum itself (specs/numerics.md §1) is off the real w·y by at
/// most γ ‖w‖ ‖y‖, where γ = m·u / (1 − m·u) for the m roundings that a product meets and u = 2^−24.
/// </remarks>
internal sealed unsafe class HeadScreen : IDisposable
{
    private const int MaxInput = 8191;
    private const double Safety = 1 + 1e-6;         // more than all roundings of the f64 and f32 steps below
    private const double LargestSafe = 1e37;        // below this no partial sum of a logit is near the end of f32

    private readonly NativeArray<sbyte> _rows;      // (vocabulary, stride)
    private readonly NativeArray<float> _scales;    // (vocabulary)
    private readonly NativeArray<float> _errors;    // (vocabulary): ‖w − s·q‖, rounded up
    private readonly NativeArray<float> _norms;     // (vocabulary): ‖w‖, rounded up
    private readonly NativeArray<short> _input;
    private readonly int _stride;
    private readonly int _maxInput;
    private readonly double _laneError;
    private float _largestNorm;
    private double _step;                           // 1/t
    private double _inputNorm;                      // ‖y‖, rounded up
    private double _inputError;                     // ‖y − p/t‖, rounded up

    public HeadScreen(FloatTensor head)
    {
        (Count, Columns) = (head.Rows, head.Columns);
        _stride = (Columns + ScreenKernel.Grain - 1) / ScreenKernel.Grain * ScreenKernel.Grain;
        _maxInput = (int)Math.Min(MaxInput, int.MaxValue / (127L * (_stride / ScreenKernel.MaxLanes)));
        _rows = new((long)Count * _stride);
        (_scales, _errors, _norms) = (new(Count), new(Count), new(Count));
        _input = new(_stride);
        double roundings = (Columns / 32) + 8;
        _laneError = roundings * Math.ScaleB(1, -24) * 1.01;
        const int rowsAtOnce = 256;
        Parallel.For(0, (Count + rowsAtOnce - 1) / rowsAtOnce, part =>
        {
            float[] row = new float[Columns];
            for (int r = part * rowsAtOnce; r < Math.Min(Count, (part + 1) * rowsAtOnce); r++)
            {
                head.Row(r, row);
                Quantise(row, r);
            }
        });
        for (int r = 0; r < Count; r++)
        {
            _largestNorm = Math.Max(_largestNorm, _norms.Pointer[r]);
        }
    }

    public int Count { get; }

    public int Columns { get; }

    /// <summary>Sets the input; false where logits could pass the end of f32 and must be computed one and all.</summary>
    public bool TrySetInput(float* y)
    {
        float largest = 0;
        double square = 0;
        for (int i = 0; i < Columns; i++)
        {
            largest = Math.Max(largest, Math.Abs(y[i]));
            square += (double)y[i] * y[i];
        }

        _step = largest / (double)_maxInput;
        double inverse = largest == 0 ? 0 : 1 / _step;
        double error = 0;
        for (int i = 0; i < Columns; i++)
        {
            short value = (short)Math.Round(y[i] * inverse, MidpointRounding.ToEven);
            double rest = y[i] - (value * _step);
            error += rest * rest;
            _input.Pointer[i] = value;
        }

        _inputNorm = Math.Sqrt(square) * Safety;
        _inputError = Math.Sqrt(error) * Safety;
        return _largestNorm * _inputNorm < LargestSafe;
    }

    /// <summary>Between which two numbers the logits of <paramref name="count"/> rows from <paramref name="first"/> on lie; the products are room.</summary>
    public void Bounds(int first, int count, int* products, float* lower, float* upper)
    {
        ScreenKernel.Products(_rows.Pointer + ((long)first * _stride), count, _stride, _input.Pointer, products);
        for (int i = 0; i < count; i++)
        {
            int r = first + i;
            double middle = _scales.Pointer[r] * _step * products[i];
            double error = _errors.Pointer[r];
            double norm = _norms.Pointer[r];
            double width = ((error * _inputNorm) + ((norm + error) * _inputError) + (_laneError * norm * _inputNorm)) * Safety;
            width += Math.ScaleB(1, -120) + (Math.Abs(middle) * 1e-12);
            lower[i] = MathF.BitDecrement((float)(middle - width));
            upper[i] = MathF.BitIncrement((float)(middle + width));
        }
    }

    public void Dispose()
    {
        IDisposable[] all = [_rows, _scales, _errors, _norms, _input];
        Array.ForEach(all, part => part.Dispose());
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Quantise(ReadOnlySpan<float> row, int r)
    {
        float largest = 0;
        foreach (float value in row)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        float scale = largest / 127f;
        float inverse = scale == 0 ? 0 : 1 / scale;
        inverse = float.IsFinite(inverse) ? inverse : 0;        // a row of the smallest numbers: all zero, all error
        sbyte* q = _rows.Pointer + ((long)r * _stride);
        double square = 0;
        double error = 0;
        for (int i = 0; i < row.Length; i++)
        {
            // Any rounding will do: what it leaves is measured.
            float shifted = (row[i] * inverse) + Exponential.Rounder;
            int value = Math.Clamp(BitConverter.SingleToInt32Bits(shifted) - BitConverter.SingleToInt32Bits(Exponential.Rounder), -127, 127);
            q[i] = (sbyte)value;
            double rest = row[i] - ((double)scale * value);
            error += rest * rest;
            square += (double)row[i] * row[i];
        }

        _scales.Pointer[r] = scale;
        _errors.Pointer[r] = MathF.BitIncrement((float)(Math.Sqrt(error) * Safety));
        _norms.Pointer[r] = MathF.BitIncrement((float)(Math.Sqrt(square) * Safety));
    }
}
