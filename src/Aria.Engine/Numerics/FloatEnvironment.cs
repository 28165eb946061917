using System.Runtime.CompilerServices;
using Aria.Engine.Kernels;

namespace Aria.Engine.Numerics;

/// <summary>
/// Whether a thread still computes as IEEE-754 says. A native library built for speed can switch subnormals off, or change the rounding, for the thread that loads it and for
/// all that start later.
/// </summary>
internal static class FloatEnvironment
{
    // Read at run time, so that the compiler cannot answer for the machine.
    private static volatile float _smallestNormal = 1.17549435e-38f;
    private static volatile float _half = 0.5f;
    private static volatile float _one = 1f;
    private static volatile float _quarterUlp = 2.98023224e-8f;         // 2^−25, of which 1 takes no notice; three of them are three quarters of 1's unit in the last place

    /// <summary>Whether this thread keeps subnormal operands and results and rounds to nearest, ties to even.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool IsIeee()
    {
        float half = _smallestNormal * _half;       // a subnormal result …
        float one = _one;
        float ulp = 4 * _quarterUlp;
        float most = 3 * _quarterUlp;
        float tie = 2 * _quarterUlp;
        return half * 2f == _smallestNormal         // … and operand
            && one + most == 1f + ulp && -one - most == -1f - ulp && one + tie == 1f && one + ulp + tie == 1f + (2 * ulp)
            && (double)_smallestNormal * _half == half;
    }

    /// <summary>Sees to it that this thread computes so, by resetting its floating-point mode where a native library can; false where it could not be done.</summary>
    public static bool TryRestore(NativeTable? native)
    {
        if (IsIeee())
        {
            return true;
        }

        if (native?.FloatMode is { } mode)
        {
            native.FloatMode = (mode & ~native.FloatModeMask) | native.FloatModeDefault;
        }

        return IsIeee();
    }
}
