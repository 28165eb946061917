using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Aria.Engine.Kernels;

/// <summary>On vectors of 128 bits that every machine has; with the dot product instruction of Arm where there is one.</summary>
internal readonly unsafe struct PortableTernary : ITernaryKernel
{
    private const int Quarter = 16;

    public static string Name => Dp.IsSupported ? "neon-dot" : "vector128";

    public static void Ternary(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride)
    {
        for (int t = 0; t < tokens; t++)
        {
            sbyte* q = activations + ((long)t * blocks * PackedMatrix.BlockColumns);
            for (int r = 0; r < rows; r++)
            {
                (int group, int inGroup) = Math.DivRem(r, PackedMatrix.GroupRows);
                byte* row = weights + (((long)group * blocks * PackedMatrix.GroupRows) + inGroup) * PackedMatrix.BlockBytes;
                products[(t * stride) + r] = Row(row, blocks, q);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Row(byte* w, int blocks, sbyte* q)
    {
        Vector128<int> sum = Vector128<int>.Zero;
        Vector128<byte> three = Vector128.Create((byte)3);
        for (int i = 0; i < 4 * blocks; i++)
        {
            Vector128<byte> codes = Vector128.Load(w + ((long)(i >> 2) * PackedMatrix.GroupRows * PackedMatrix.BlockBytes) + ((i & 3) * Quarter));
            sbyte* y = q + ((long)(i >> 2) * PackedMatrix.BlockColumns) + ((i & 3) * Quarter);
            sum = Add(sum, codes & three, y);
            sum = Add(sum, (codes >>> 2) & three, y + 64);
            sum = Add(sum, (codes >>> 4) & three, y + 128);
            sum = Add(sum, codes >>> 6, y + 192);
        }

        return Integers.Sum(sum);
    }

    private static Vector128<int> Add(Vector128<int> sum, Vector128<byte> codes, sbyte* y)
    {
        Vector128<sbyte> activations = Vector128.Load(y);
        if (Dp.IsSupported)
        {
            return Dp.DotProduct(sum, codes.AsSByte(), activations);
        }

        // At most 2 · 2 · 127 in 16 bits.
        Vector128<short> products = (Vector128.WidenLower(codes.AsSByte()) * Vector128.WidenLower(activations))
            + (Vector128.WidenUpper(codes.AsSByte()) * Vector128.WidenUpper(activations));
        return sum + Vector128.WidenLower(products) + Vector128.WidenUpper(products);
    }
}
