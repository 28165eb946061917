using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Aria.Engine.Kernels;

/// <summary>Rows of eight bits times a vector of sixteen: whole numbers, exact as long as the sums of <see cref="MaxLanes"/> lanes stay within 32 bits.</summary>
internal static unsafe class ScreenKernel
{
    /// <summary>Rows are a multiple of this long.</summary>
    public const int Grain = 64;

    /// <summary>Fewest lanes that any path sums in.</summary>
    public const int MaxLanes = 8;

    /// <summary>products[r] = Σ row · vector for rows of <paramref name="n"/> elements, a multiple of <see cref="Grain"/>.</summary>
    public static void Products(sbyte* rows, int count, int n, short* vector, int* products)
    {
        // One row at a time: memory is read in its order.
        for (int r = 0; r < count; r++)
        {
            products[r] = Avx512BW.IsSupported ? OneRow512(rows + ((long)r * n), n, vector) : OneRow(rows + ((long)r * n), n, vector);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int OneRow512(sbyte* row, int n, short* vector)
    {
        Vector512<int> a = Vector512<int>.Zero;
        Vector512<int> b = a;
        for (int i = 0; i < n; i += Grain)
        {
            a += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(row + i)), Vector512.Load(vector + i));
            b += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(row + i + 32)), Vector512.Load(vector + i + 32));
        }

        return Integers.Sum(a + b);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int OneRow(sbyte* row, int n, short* vector)
    {
        Vector256<int> a = Vector256<int>.Zero;
        Vector256<int> b = a;
        for (int i = 0; i < n; i += 32)
        {
            a += Pairs(Vector128.Load(row + i), Vector256.Load(vector + i));
            b += Pairs(Vector128.Load(row + i + 16), Vector256.Load(vector + i + 16));
        }

        return Integers.Sum(a + b);
    }

    private static Vector256<int> Pairs(Vector128<sbyte> row, Vector256<short> vector)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(row), vector);
        }

        Vector256<short> wide = Vector256.Create(Vector128.WidenLower(row), Vector128.WidenUpper(row));
        return (Vector256.WidenLower(wide) * Vector256.WidenLower(vector)) + (Vector256.WidenUpper(wide) * Vector256.WidenUpper(vector));
    }
}
