using System.Runtime.InteropServices;
using Aria.Engine.Execution;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Testing;

namespace Aria.Engine.Tests.Models;

public unsafe class TernaryTensorTests
{
    [Theory]
    [InlineData((int)TensorType.I2_S, 0x19, new[] { 0, 32, 64, 96 }, new byte[] { 0, 1, 2, 1 })]
    [InlineData((int)TensorType.TQ2_0, 0x64, new[] { 0, 32, 64, 96 }, new byte[] { 0, 1, 2, 1 })]
    [InlineData((int)TensorType.TQ1_0, 0x33, new[] { 0, 32, 64, 96, 128 }, new byte[] { 0, 1, 2, 1, 0 })]
    public void TheFirstByte_ByHand(int type, byte first, int[] elements, byte[] expected)
    {
        byte[] ones = TernaryBytes.Of((TensorType)type, [.. Enumerable.Repeat((byte)1, 256)], 1f);
        ones[0] = first;
        byte[] codes = new byte[256];
        With(ones, (TensorType)type, 1, 256, tensor => tensor.Row(0, codes));
        Assert.Equal(expected, elements.Select(at => codes[at]));
        Assert.All(Enumerable.Range(0, 256).Except(elements), at => Assert.Equal(1, codes[at]));
    }

    [Theory]
    [InlineData((int)TensorType.I2_S, 3, 384)]
    [InlineData((int)TensorType.I2_S, 4, 100)]      // blocks straddle rows
    [InlineData((int)TensorType.I2_S, 2, 8640)]
    [InlineData((int)TensorType.TQ2_0, 3, 512)]
    [InlineData((int)TensorType.TQ1_0, 3, 512)]
    public void Rows_ComeBack_AndArePackedForTheKernels(int type, int rows, int columns)
    {
        Random random = TestSeed.Random();
        rows = (TensorType)type == TensorType.I2_S && rows * columns % 128 != 0 ? 32 : rows;
        byte[] codes = [.. Enumerable.Range(0, rows * columns).Select(_ => (byte)random.Next(3))];
        With(TernaryBytes.Of((TensorType)type, codes, 0.5f), (TensorType)type, rows, columns, tensor =>
        {
            Assert.Equal(0.5f, tensor.Scale);
            using NativeArray<byte> room = new(PackedMatrix.BytesFor(tensor));
            byte[] row = new byte[columns];
            int Code(int r, int c) => r < rows && c < columns ? codes[(r * columns) + c] : 1;
            IEnumerable<(int Row, int Column)> Positions(PackedMatrix packed) =>
                Enumerable.Range(0, (rows + 3) / 4 * 4).SelectMany(r => Enumerable.Range(0, packed.Blocks * 256).Select(c => (r, c)));
            for (int r = 0; r < rows; r++)
            {
                tensor.Row(r, row);
                Assert.Equal(codes[(r * columns)..((r + 1) * columns)], row);
            }

            PackedMatrix fours = new(tensor, RowGrouping.Four, room.Pointer);
            Assert.All(Positions(fours), at => Assert.Equal(
                Code(at.Row, at.Column), (fours.Group(at.Row / 4 * 4)[(at.Column / 256 * 256) + (at.Row % 4 * 64) + (at.Column % 64)] >> (at.Column % 256 / 64 * 2)) & 3));
            PackedMatrix sixteens = new(tensor, RowGrouping.Sixteen, room.Pointer);
            Assert.All(Positions(sixteens), at => Assert.Equal(
                Code(at.Row, at.Column),
                (sixteens.Group(at.Row / 16 * 16)[(at.Column / 256 * 1024) + (at.Column % 64 / 4 * 64) + (at.Row % 16 * 4) + (at.Column % 4)] >> (at.Column % 256 / 64 * 2)) & 3));
        });
    }

    [Fact]
    public void BlocksOfScaleZero_AreZeros_AndBlocksOfDifferentScaleAreRefused()
    {
        byte[] codes = [.. Enumerable.Range(0, 512).Select(i => (byte)(i % 3))];
        byte[] data = TernaryBytes.Of(TensorType.TQ2_0, codes, 0.5f);
        data.AsSpan(64, 2).Clear();
        byte[] row = new byte[512];
        With(data, TensorType.TQ2_0, 1, 512, tensor =>
        {
            Assert.Equal(0.5f, tensor.Scale);
            tensor.Row(0, row);
        });
        Assert.All(row[..256], code => Assert.Equal(1, code));
        Assert.Equal(codes[256..], row[256..]);
        data[65] = 0x3c;
        ModelFormatException refused = Assert.Throws<ModelFormatException>(() => With(data, TensorType.TQ2_0, 1, 512, _ => { }));
        Assert.Contains("different scale", refused.Message, StringComparison.Ordinal);
    }

    private static void With(byte[] data, TensorType type, int rows, int columns, Action<TernaryTensor> use)
    {
        Assert.Equal(type.Bytes((long)rows * columns), data.Length);
        GCHandle handle = GCHandle.Alloc(data, GCHandleType.Pinned);
        try
        {
            use(new(new("t", type, 2, columns, rows, 0, data.Length) { Address = handle.AddrOfPinnedObject() }));
        }
        finally
        {
            handle.Free();
        }
    }
}
