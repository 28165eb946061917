using System.Runtime.CompilerServices;

namespace Aria.Engine.Numerics;

/// <summary>
/// Whether a thread still computes as IEEE-754 says. A native library built for speed can switch subnormals off for the thread that loads it and for all that start later.
/// </summary>
internal static class FloatEnvironment
{
    // Read at run time, so that the compiler cannot answer for the machine.
    private static volatile float _smallestNormal = 1.17549435e-38f;
    private static volatile float _half = 0.5f;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool KeepsSubnormals() => _smallestNormal * _half * 2f == _smallestNormal;
}
