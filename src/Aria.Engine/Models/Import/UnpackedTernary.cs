namespace Aria.Engine.Models.Import;

/// <summary>
/// Ternary weights as plain numbers. Where all that are not zero have one magnitude, they are ternary as they stand and it is the scale. Otherwise they are master weights and are
/// quantised by absmean as BitNet b1.58 does in training (specs/model.md §6).
/// </summary>
internal sealed class UnpackedTernary(FloatSource numbers, bool acceptsMasterWeights) : TernarySource(numbers.Name, numbers.Rows, numbers.Columns)
{
    private const float LeastMean = 1e-5f;

    private readonly float[] _row = new float[numbers.Columns];
    private Quantiser? _quantiser;

    public override string Packing => Quantising.Master ? "master weights, by absmean" : "ternary numbers";

    public override float Scale => Quantising.Scale;

    private Quantiser Quantising => _quantiser ??= Measure();

    public override void Codes(int row, Span<byte> codes)
    {
        // Ternary as they stand: a sign is enough.
        float factor = Quantising.Master ? Quantising.Factor : float.PositiveInfinity;
        numbers.Row(row, _row);
        for (int i = 0; i < _row.Length; i++)
        {
            codes[i] = _row[i] == 0 ? (byte)1 : (byte)(Math.Clamp(MathF.Round(_row[i] * factor, MidpointRounding.ToEven), -1f, 1f) + 1f);
        }
    }

    private Quantiser Measure()
    {
        double sum = 0;
        float magnitude = 0;
        bool ternary = true;
        for (int row = 0; row < Rows; row++)
        {
            numbers.Row(row, _row);
            foreach (float value in _row)
            {
                float size = MathF.Abs(value);
                sum += size;
                if (size != magnitude && size != 0)
                {
                    ternary &= magnitude == 0;
                    magnitude = size;
                }
            }
        }

        if (ternary)
        {
            return new(magnitude, 0, false);
        }

        if (!acceptsMasterWeights)
        {
            throw new ModelFormatException(
                $"The tensor '{Name}' holds weights of many magnitudes, and config.json does not say that the model was trained ternary (an architecture of BitNet, or a quantization_config of the method bitnet).");
        }

        float factor = 1f / MathF.Max((float)(sum / ((double)Rows * Columns)), LeastMean);
        return new(1f / factor, factor, true);
    }

    private sealed record Quantiser(float Scale, float Factor, bool Master);
}
