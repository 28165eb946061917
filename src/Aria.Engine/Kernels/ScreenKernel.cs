using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Aria.Engine.Kernels;

/// <summary>Rows of eight bits times vectors of eight bits: whole numbers, exact up to <see cref="MaxColumns"/>. Bytes are widened to 16 bits, multiplied and added in pairs.</summary>
internal static unsafe class ScreenKernel
{
    /// <summary>Rows and vectors are a multiple of this long.</summary>
    public const int Grain = 64;

    /// <summary>127 · 127 for each stays within 32 bits.</summary>
    public const int MaxColumns = 1 << 17;

    private const int VectorsAtOnce = 4;

    /// <inheritdoc cref="IKernels.Screen"/>
    public static void Products(sbyte* rows, int count, int n, sbyte* vectors, int vectorCount, int* products, int stride)
    {
        int v = 0;
        for (; v <= vectorCount - VectorsAtOnce; v += VectorsAtOnce)
        {
            for (int r = 0; r < count; r++)
            {
                sbyte* row = rows + ((long)r * n);
                Vector128<int> four = Avx512BW.IsSupported ? FourVectors512(row, n, vectors + ((long)v * n)) : FourVectors(row, n, vectors + ((long)v * n));
                for (int i = 0; i < VectorsAtOnce; i++)
                {
                    products[((v + i) * stride) + r] = four.GetElement(i);
                }
            }
        }

        // One row at a time: memory is read in its order.
        for (; v < vectorCount; v++)
        {
            for (int r = 0; r < count; r++)
            {
                sbyte* row = rows + ((long)r * n);
                products[(v * stride) + r] = Avx512BW.IsSupported ? OneVector512(row, n, vectors + ((long)v * n)) : OneVector(row, n, vectors + ((long)v * n));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int OneVector512(sbyte* row, int n, sbyte* vector)
    {
        Vector512<int> a = Vector512<int>.Zero;
        Vector512<int> b = a;
        for (int i = 0; i < n; i += Grain)
        {
            a += Avx512BW.MultiplyAddAdjacent(Wide512(row + i), Wide512(vector + i));
            b += Avx512BW.MultiplyAddAdjacent(Wide512(row + i + 32), Wide512(vector + i + 32));
        }

        return Integers.Sum(a + b);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vector128<int> FourVectors512(sbyte* row, int n, sbyte* vectors)
    {
        Vector512<int> a = Vector512<int>.Zero;
        Vector512<int> b = a;
        Vector512<int> c = a;
        Vector512<int> d = a;
        long next = n;
        for (int i = 0; i < n; i += 32)
        {
            Vector512<short> wide = Wide512(row + i);
            a += Avx512BW.MultiplyAddAdjacent(wide, Wide512(vectors + i));
            b += Avx512BW.MultiplyAddAdjacent(wide, Wide512(vectors + next + i));
            c += Avx512BW.MultiplyAddAdjacent(wide, Wide512(vectors + (2 * next) + i));
            d += Avx512BW.MultiplyAddAdjacent(wide, Wide512(vectors + (3 * next) + i));
        }

        return Vector128.Create(Integers.Sum(a), Integers.Sum(b), Integers.Sum(c), Integers.Sum(d));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int OneVector(sbyte* row, int n, sbyte* vector)
    {
        Vector256<int> a = Vector256<int>.Zero;
        Vector256<int> b = a;
        for (int i = 0; i < n; i += 32)
        {
            a += Pairs(Wide(row + i), Wide(vector + i));
            b += Pairs(Wide(row + i + 16), Wide(vector + i + 16));
        }

        return Integers.Sum(a + b);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vector128<int> FourVectors(sbyte* row, int n, sbyte* vectors)
    {
        Vector256<int> a = Vector256<int>.Zero;
        Vector256<int> b = a;
        Vector256<int> c = a;
        Vector256<int> d = a;
        long next = n;
        for (int i = 0; i < n; i += 16)
        {
            Vector256<short> wide = Wide(row + i);
            a += Pairs(wide, Wide(vectors + i));
            b += Pairs(wide, Wide(vectors + next + i));
            c += Pairs(wide, Wide(vectors + (2 * next) + i));
            d += Pairs(wide, Wide(vectors + (3 * next) + i));
        }

        return Vector128.Create(Integers.Sum(a), Integers.Sum(b), Integers.Sum(c), Integers.Sum(d));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Wide512(sbyte* bytes) => Avx512BW.ConvertToVector512Int16(Vector256.Load(bytes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Wide(sbyte* bytes)
    {
        Vector128<sbyte> narrow = Vector128.Load(bytes);
        return Avx2.IsSupported ? Avx2.ConvertToVector256Int16(narrow) : Vector256.Create(Vector128.WidenLower(narrow), Vector128.WidenUpper(narrow));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Pairs(Vector256<short> row, Vector256<short> vector) =>
        Avx2.IsSupported
            ? Avx2.MultiplyAddAdjacent(row, vector)
            : (Vector256.WidenLower(row) * Vector256.WidenLower(vector)) + (Vector256.WidenUpper(row) * Vector256.WidenUpper(vector));
}
