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
        int r = 0;
        if (Avx512BW.IsSupported)
        {
            for (; r <= count - 2; r += 2)
            {
                TwoRows(rows + ((long)r * n), n, vector, products + r);
            }
        }

        for (; r < count; r++)
        {
            products[r] = OneRow(rows + ((long)r * n), n, vector);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRows(sbyte* row, int n, short* vector, int* products)
    {
        sbyte* next = row + n;
        Vector512<int> a0 = Vector512<int>.Zero;
        Vector512<int> a1 = a0;
        Vector512<int> b0 = a0;
        Vector512<int> b1 = a0;
        for (int i = 0; i < n; i += Grain)
        {
            Vector512<short> x0 = Vector512.Load(vector + i);
            Vector512<short> x1 = Vector512.Load(vector + i + 32);
            a0 += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(row + i)), x0);
            a1 += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(row + i + 32)), x1);
            b0 += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(next + i)), x0);
            b1 += Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(next + i + 32)), x1);
        }

        products[0] = Integers.Sum(a0 + a1);
        products[1] = Integers.Sum(b0 + b1);
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
