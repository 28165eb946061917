using System.Runtime.Intrinsics;
using Aria.Engine.Models;

namespace Aria.Engine.Kernels;

/// <summary>Which rows of a matrix stand together, and how; the numbers are those of native/include/aria_kernels.h.</summary>
internal enum RowGrouping
{
    /// <summary>Block by block, 64 bytes of each of four rows.</summary>
    Four = 4,

    /// <summary>Block by block, four bytes of each of sixteen rows, then the next four bytes of each, and so on: a register holds the same columns of sixteen rows.</summary>
    Sixteen = 16,
}

/// <summary>
/// A ternary matrix as the kernels read it; private to the process. A row is blocks of 64 bytes for 256 columns: bits 2l and 2l+1 of byte m hold the code
/// of column 64·l + m. Some rows stand together, block by block: the first blocks of all of them, then the second ones, so that a kernel which computes them at once reads memory
/// in its order (three times as fast as row after row). Columns and rows past the last have the code 1; such columns meet activations of 0.
/// </summary>
internal sealed unsafe class PackedMatrix
{
    public const int BlockColumns = 256;
    public const int BlockBytes = 64;
    public const int GroupRows = (int)RowGrouping.Four;
    private const int LargestGroup = (int)RowGrouping.Sixteen;
    private const int WordBytes = 4;
    private const int Plane = 64;

    private readonly byte* _data;
    private readonly RowGrouping _grouping;

    /// <param name="tensor">The matrix.</param>
    /// <param name="grouping">That of the kernels.</param>
    /// <param name="place">Room for <see cref="BytesFor"/>, kept by the caller.</param>
    public PackedMatrix(TernaryTensor tensor, RowGrouping grouping, byte* place)
    {
        _grouping = grouping;
        (Rows, Columns, MatrixScale) = (tensor.Rows, tensor.Columns, tensor.Scale);
        Blocks = BlocksFor(Columns);
        _data = place;
        byte[] codes = new byte[Blocks * BlockColumns];
        codes.AsSpan().Fill(1);
        for (int row = 0; row < Rows; row++)
        {
            tensor.Row(row, codes);
            Pack(codes, row);
        }

        codes.AsSpan().Fill(1);
        for (int row = Rows; row % (int)grouping != 0; row++)
        {
            Pack(codes, row);
        }

        tensor.Release();
    }

    public int Rows { get; }

    public int Columns { get; }

    public int Blocks { get; }

    public float MatrixScale { get; }

    public static int BlocksFor(int columns) => (columns + BlockColumns - 1) / BlockColumns;

    public static long BytesFor(TernaryTensor tensor) =>
        (long)(tensor.Rows + LargestGroup - 1) / LargestGroup * LargestGroup * BlocksFor(tensor.Columns) * BlockBytes;

    /// <summary>Where byte <paramref name="m"/> of a block of a row lies, from the beginning of the matrix.</summary>
    public static long OffsetOf(RowGrouping grouping, int blocks, int row, int block, int m)
    {
        int rows = (int)grouping;
        (int group, int inGroup) = Math.DivRem(row, rows);
        return ((((long)group * blocks) + block) * rows * BlockBytes)
            + (grouping == RowGrouping.Four ? (inGroup * BlockBytes) + m : (m / WordBytes * rows * WordBytes) + (inGroup * WordBytes) + (m % WordBytes));
    }

    /// <summary>Where the group begins that begins with <paramref name="row"/>.</summary>
    public byte* Group(int row) => _data + ((long)row * Blocks * BlockBytes);

    private void Pack(ReadOnlySpan<byte> codes, int row)
    {
        byte* packed = stackalloc byte[BlockBytes];
        for (int block = 0; block < Blocks; block++, codes = codes[BlockColumns..])
        {
            byte* place = _data + OffsetOf(_grouping, Blocks, row, block, 0);
            byte* whole = _grouping == RowGrouping.Four ? place : packed;
            for (int m = 0; m < BlockBytes; m += Vector256<byte>.Count)
            {
                Vector256<byte> four = Vector256.Create(codes[m..])
                    | (Vector256.Create(codes[(Plane + m)..]) << 2)
                    | (Vector256.Create(codes[((2 * Plane) + m)..]) << 4)
                    | (Vector256.Create(codes[((3 * Plane) + m)..]) << 6);
                four.Store(whole + m);
            }

            for (int word = 0; whole != place && word < BlockBytes / WordBytes; word++)
            {
                ((uint*)place)[word * (int)_grouping] = ((uint*)packed)[word];
            }
        }
    }
}
