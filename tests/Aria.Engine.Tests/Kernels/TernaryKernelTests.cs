using System.Runtime.InteropServices;
using Aria.Engine.Kernels;
using Aria.Testing;

namespace Aria.Engine.Tests.Kernels;

/// <summary>Every ternary kernel that this machine can run, against the scalar twin and against sums worked out apart.</summary>
public unsafe class TernaryKernelTests
{
    internal delegate void Kernel(byte* weights, int blocks, int rows, sbyte* activations, int tokens, int* products, int stride);

    public static TheoryData<string> Names => [.. All.Keys];

    private static Dictionary<string, Kernel> All
    {
        get
        {
            Dictionary<string, Kernel> all = new() { ["scalar"] = ScalarKernels.Ternary, ["portable"] = PortableTernary.Ternary };
            if (Avx2Ternary.IsSupported)
            {
                all["avx2"] = Avx2Ternary.Ternary;
            }

            if (Avx512Ternary.IsSupported)
            {
                all["avx512"] = Avx512Ternary.Ternary;
            }

            foreach (NativeTable table in NativeLibraryTable.Tables)
            {
                all[$"native-{table.Name}"] = (weights, blocks, rows, activations, tokens, products, stride) =>
                {
                    ReadOnlySpan<byte> fours = new(weights, (rows + 3) / 4 * 4 * blocks * PackedMatrix.BlockBytes);
                    fixed (byte* grouped = NativeLibraryTable.Regrouped(fours, blocks, table.Grouping))
                    {
                        table.Ternary(grouped, blocks, rows, activations, tokens, products, stride);
                    }
                };
            }

            return all;
        }
    }

    [Fact]
    public void TheNativeLibrary_IsThere_AndEndsItsListWithThePortableFunctions()
    {
        Prerequisite.Demand(NativeLibraryTable.Missing is null, $"the native kernels: {NativeLibraryTable.Missing}");
        Assert.Equal("portable", NativeLibraryTable.Tables[^1].Name);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void OneBlock_ByHand(string name)
    {
        byte[] weights = new byte[4 * 64];
        weights.AsSpan().Fill(0b01_01_01_01);           // all zero
        weights[64] = 0b10_00_01_10;                     // of row 1, columns 0, 64, 128, 192: +1, 0, −1, +1
        sbyte[] q = new sbyte[256];
        (q[0], q[64], q[128], q[192], q[5]) = (100, 50, 7, -3, 127);
        int[] products = Run(All[name], weights, 1, 2, q, 1);
        int sum = q.Sum(value => value);
        Assert.Equal([0, 100 - 7 - 3], products.Select(product => product - sum));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TheLargestSums_DoNotOverflow(string name)
    {
        const int blocks = 131_072 / PackedMatrix.BlockColumns;
        byte[] weights = new byte[36 * blocks * 64];
        weights.AsSpan().Fill(0xaa);                    // all +1
        foreach (sbyte value in (sbyte[])[127, -127])
        {
            sbyte[] q = new sbyte[13 * blocks * 256];
            q.AsSpan().Fill(value);
            Assert.All(Run(All[name], weights, blocks, 35, q, 13), product => Assert.Equal(2 * value * 131_072, product));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void RandomMatrices_GiveTheScalarTwinsSums(string name)
    {
        Random random = TestSeed.Random();
        foreach (int blocks in (int[])[1, 2, 3, 15, 16, 17, 33, 90])
        {
            foreach (int rows in (int[])[1, 2, 3, 4, 7, 8, 17, 64, 101])
            {
                foreach (int tokens in (int[])[1, 2, 3, 4, 5, 9, 27])
                {
                    byte[] weights = new byte[(rows + 3) / 4 * 4 * blocks * 64];
                    foreach (ref byte codes in weights.AsSpan())
                    {
                        codes = (byte)(random.Next(3) | (random.Next(3) << 2) | (random.Next(3) << 4) | (random.Next(3) << 6));
                    }

                    sbyte[] q = new sbyte[tokens * blocks * 256];
                    foreach (ref sbyte value in q.AsSpan())
                    {
                        value = (sbyte)random.Next(-127, 128);
                    }

                    Assert.Equal(Run(ScalarKernels.Ternary, weights, blocks, rows, q, tokens), Run(All[name], weights, blocks, rows, q, tokens));
                }
            }
        }
    }

    private static int[] Run(Kernel kernel, byte[] weights, int blocks, int rows, sbyte[] q, int tokens)
    {
        int[] products = new int[(tokens * rows) + 1];
        products[^1] = 12345;
        fixed (byte* w = weights)
        {
            fixed (sbyte* a = q)
            {
                fixed (int* p = products)
                {
                    kernel(w, blocks, rows, a, tokens, p, rows);
                }
            }
        }

        Assert.Equal(12345, products[^1]);
        return products[..^1];
    }
}
