using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;

namespace Aria.Engine.Kernels;

/// <summary>The steps of <see cref="RowDecoding"/>, eight numbers at once.</summary>
internal static unsafe class VectorRows
{
    private const int Q8Block = 32;
    private const int Q8BlockBytes = 34;
    private const int Q6Block = 256;
    private const int Q6BlockBytes = 210;

    /// <summary>A row of <paramref name="n"/> elements as f32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Decode(TensorType type, byte* row, int n, float* values)
    {
        int i = 0;
        switch (type)
        {
            case TensorType.F16:
                for (; i <= n - 8; i += 8)
                {
                    VectorMath.Halves((ushort*)row + i).Store(values + i);
                }

                break;
            case TensorType.BF16:
                for (; i <= n - 8; i += 8)
                {
                    Vector128<ushort> eight = Vector128.Load((ushort*)row + i);
                    (Vector256.Create(Vector128.WidenLower(eight), Vector128.WidenUpper(eight)) << 16).AsSingle().Store(values + i);
                }

                break;
            case TensorType.Q8_0:
                for (; i < n; i += Q8Block, row += Q8BlockBytes)
                {
                    float scale = Float16.ToSingle(*(ushort*)row);
                    Sixteen(Vector128.Load((sbyte*)row + 2), scale, values + i);
                    Sixteen(Vector128.Load((sbyte*)row + 18), scale, values + i + 16);
                }

                return;
            case TensorType.Q6_K:
                for (; i < n; i += Q6Block, row += Q6BlockBytes)
                {
                    Q6(row, values + i);
                }

                return;
            default:
                break;
        }

        int size = type == TensorType.F32 ? sizeof(float) : sizeof(ushort);
        RowDecoding.Decode(type, new(row + (i * size), (n - i) * size), new(values + i, n - i));
    }

    // 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales for sixteen elements each, f16 scale. Two halves of 128 elements, each in four runs of 32.
    private static void Q6(byte* block, float* values)
    {
        float scale = Float16.ToSingle(*(ushort*)(block + 208));
        for (int part = 0; part < 16; part++)
        {
            (int half, int run, int m) = (part / 8, part / 2 % 4, part % 2 * 16);
            Vector128<byte> low = Vector128.Load(block + (64 * half) + (32 * (run & 1)) + m);
            low = run < 2 ? low & Vector128.Create((byte)15) : low >>> 4;
            Vector128<byte> high = (Vector128.Load(block + 128 + (32 * half) + m) >>> (2 * run)) & Vector128.Create((byte)3);
            Vector128<sbyte> whole = (low | (high << 4)).AsSByte() - Vector128.Create((sbyte)32);
            Sixteen(whole, scale * (sbyte)block[192 + part], values + (16 * part));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sixteen(Vector128<sbyte> whole, float scale, float* values)
    {
        Vector256<short> wide = Vector256.Create(Vector128.WidenLower(whole), Vector128.WidenUpper(whole));
        (Vector256.ConvertToSingle(Vector256.WidenLower(wide)) * Vector256.Create(scale)).Store(values);
        (Vector256.ConvertToSingle(Vector256.WidenUpper(wide)) * Vector256.Create(scale)).Store(values + 8);
    }
}
