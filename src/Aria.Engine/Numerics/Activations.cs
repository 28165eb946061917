namespace Aria.Engine.Numerics;

/// <summary>The scale of eight-bit activations (specs/numerics.md §3).</summary>
internal static class Activations
{
    /// <summary>Largest magnitude of an activation.</summary>
    public const int Largest = 127;

    /// <summary>Bits of f32 infinity: a magnitude from here on is none.</summary>
    public const int InfinityBits = 0x7f800000;

    private const float SmallestMaximum = 1e-5f;        // 3727c5ac

    /// <summary>What a row is multiplied by before it is rounded, from the bits of its largest magnitude.</summary>
    public static float Scale(int largestBits)
    {
        float largest = BitConverter.Int32BitsToSingle(largestBits);
        return (float)(127.0 / (largest > SmallestMaximum ? largest : SmallestMaximum));
    }

    /// <summary>What an integer product is multiplied by: the matrix's scale over the row's.</summary>
    public static float Factor(float matrixScale, float rowScale) => (float)((double)matrixScale / rowScale);
}
