using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Aria.Engine.Models;

namespace Aria.Engine.Kernels;

/// <summary>
/// A ternary matrix as the kernels read it; private to the process. A row is blocks of 64 bytes for 256 columns: bits 2l and 2l+1 of byte m hold the code
/// of column 64·l + m. Columns past the last have the code 1 and meet activations of 0.
/// </summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    public const int BlockColumns = 256;
    public const int BlockBytes = 64;
    private const int Plane = 64;

    private byte* _data;

    public PackedMatrix(TernaryTensor tensor)
    {
        (Rows, Columns, MatrixScale) = (tensor.Rows, tensor.Columns, tensor.Scale);
        Blocks = BlocksFor(Columns);
        _data = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, BlockBytes);
        byte[] codes = new byte[Blocks * BlockColumns];
        codes.AsSpan().Fill(1);
        for (int row = 0; row < Rows; row++)
        {
            tensor.Row(row, codes);
            Pack(codes, Row(row));
        }
    }

    ~PackedMatrix() => Free();

    public int Rows { get; }

    public int Columns { get; }

    public int Blocks { get; }

    public float MatrixScale { get; }

    public long Bytes => (long)Rows * Blocks * BlockBytes;

    public static int BlocksFor(int columns) => (columns + BlockColumns - 1) / BlockColumns;

    /// <summary>The first byte of a row; the rows follow each other.</summary>
    public byte* Row(int row) => _data + ((long)row * Blocks * BlockBytes);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static void Pack(ReadOnlySpan<byte> codes, byte* row)
    {
        for (; !codes.IsEmpty; codes = codes[BlockColumns..], row += BlockBytes)
        {
            for (int m = 0; m < BlockBytes; m += Vector256<byte>.Count)
            {
                Vector256<byte> packed = Vector256.Create(codes[m..])
                    | (Vector256.Create(codes[(Plane + m)..]) << 2)
                    | (Vector256.Create(codes[((2 * Plane) + m)..]) << 4)
                    | (Vector256.Create(codes[((3 * Plane) + m)..]) << 6);
                packed.Store(row + m);
            }
        }
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }
}
