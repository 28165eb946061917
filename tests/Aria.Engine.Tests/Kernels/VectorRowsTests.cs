using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;
using Aria.Testing;

namespace Aria.Engine.Tests.Kernels;

public unsafe class VectorRowsTests
{
    public static TheoryData<int> Types => [(int)TensorType.F32, (int)TensorType.F16, (int)TensorType.BF16, (int)TensorType.Q8_0, (int)TensorType.Q6_K];

    [Theory]
    [MemberData(nameof(Types))]
    public void RandomRows_HaveTheScalarTwinsBits(int id)
    {
        TensorType type = (TensorType)id;
        Random random = TestSeed.Random();
        for (int round = 0; round < 200; round++)
        {
            int n = random.Next(1, 9) * type.BlockElements() * (type.BlockElements() == 1 ? 5 : 1);
            byte[] row = new byte[type.Bytes(n)];
            do
            {
                random.NextBytes(row);
            }
            while (!FiniteNumbers.AreAll(type, row));

            float[] expected = new float[n];
            float[] found = new float[n + 1];
            found[n] = 7;
            RowDecoding.Decode(type, row, expected);
            fixed (byte* bytes = row)
            {
                fixed (float* values = found)
                {
                    VectorRows.Decode(type, bytes, n, values);
                }
            }

            Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), found[..n].Select(BitConverter.SingleToInt32Bits));
            Assert.Equal(7, found[n]);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void WhatIsNotFinite_IsFound_WhereverItStands(int id)
    {
        TensorType type = (TensorType)id;
        Random random = TestSeed.Random();
        for (int round = 0; round < 300; round++)
        {
            int n = random.Next(1, 9) * type.BlockElements() * (type.BlockElements() == 1 ? 11 : 1);
            byte[] row = new byte[type.Bytes(n)];
            random.NextBytes(row);
            float[] values = new float[n];
            RowDecoding.Decode(type, row, values);
            Assert.Equal(values.All(float.IsFinite), FiniteNumbers.AreAll(type, row));
        }
    }

    [Fact]
    public void CanonicalCodes_StandFourToAByte()
    {
        Random random = TestSeed.Random();
        byte[] codes = [.. Enumerable.Range(0, 4 * 203).Select(_ => (byte)random.Next(3))];
        byte[] packed = new byte[203];
        CanonicalCodes.Pack(codes, packed);
        Assert.Equal(codes, packed.SelectMany(four => (byte[])[(byte)(four & 3), (byte)((four >> 2) & 3), (byte)((four >> 4) & 3), (byte)(four >> 6)]));
    }
}
