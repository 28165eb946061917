using System.Runtime.Intrinsics;
using Aria.Engine.Models;

namespace Aria.Engine.Kernels;

/// <summary>
/// A ternary matrix as the kernels read it; private to the process. A row is blocks of 64 bytes for 256 columns: bits 2l and 2l+1 of byte m hold the code
/// of column 64·l + m. Four rows stand together, block by block: the first blocks of all four, then the second ones, so that a kernel which computes four rows at once reads memory
/// in its order (three times as fast as row after row). Columns and rows past the last have the code 1; such columns meet activations of 0.
/// </summary>
internal sealed unsafe class PackedMatrix
{
    public const int BlockColumns = 256;
    public const int BlockBytes = 64;
    public const int GroupRows = 4;
    private const int Plane = 64;

    private readonly byte* _data;

    /// <param name="tensor">The matrix.</param>
    /// <param name="place">Room for <see cref="BytesFor"/>, kept by the caller.</param>
    public PackedMatrix(TernaryTensor tensor, byte* place)
    {
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
        for (int row = Rows; row % GroupRows != 0; row++)
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
        (long)(tensor.Rows + GroupRows - 1) / GroupRows * GroupRows * BlocksFor(tensor.Columns) * BlockBytes;

    /// <summary>Where the group of four begins that begins with <paramref name="row"/>.</summary>
    public byte* Group(int row) => _data + ((long)row * Blocks * BlockBytes);

    private void Pack(ReadOnlySpan<byte> codes, int row)
    {
        byte* block = Group(row / GroupRows * GroupRows) + (row % GroupRows * BlockBytes);
        for (; !codes.IsEmpty; codes = codes[BlockColumns..], block += GroupRows * BlockBytes)
        {
            for (int m = 0; m < BlockBytes; m += Vector256<byte>.Count)
            {
                Vector256<byte> packed = Vector256.Create(codes[m..])
                    | (Vector256.Create(codes[(Plane + m)..]) << 2)
                    | (Vector256.Create(codes[((2 * Plane) + m)..]) << 4)
                    | (Vector256.Create(codes[((3 * Plane) + m)..]) << 6);
                packed.Store(block + m);
            }
        }
    }
}
