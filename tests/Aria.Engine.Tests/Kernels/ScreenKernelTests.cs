using Aria.Engine.Kernels;
using Aria.Testing;

namespace Aria.Engine.Tests.Kernels;

/// <summary>Every screen kernel that this machine can run, against the scalar twin.</summary>
public unsafe class ScreenKernelTests
{
    internal delegate void Kernel(sbyte* rows, int count, int n, sbyte* vectors, int vectorCount, int* products, int stride);

    public static TheoryData<string> Names => [.. All.Keys];

    private static Dictionary<string, Kernel> All
    {
        get
        {
            Dictionary<string, Kernel> all = new() { ["scalar"] = ScalarKernels.Screen, ["managed"] = ScreenKernel.Products };
            foreach (NativeTable table in NativeLibraryTable.Tables.Where(table => table.ScreenAddress != 0))
            {
                all[$"native-{table.Name}"] = table.Screen;
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void RandomRows_GiveTheScalarTwinsSums(string name)
    {
        Random random = TestSeed.Random();
        foreach (int n in (int[])[64, 128, 192, 2560])
        {
            foreach (int vectors in (int[])[1, 2, 3, 4, 5, 8, 9, 16])
            {
                int rows = random.Next(1, 9);
                sbyte[] some = [.. Enumerable.Range(0, (rows + vectors) * n).Select(_ => (sbyte)random.Next(-127, 128))];
                Assert.Equal(Run(ScalarKernels.Screen, some, rows, n, vectors), Run(All[name], some, rows, n, vectors));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TheLargestSums_DoNotOverflow(string name)
    {
        foreach (sbyte sign in (sbyte[])[1, -1])
        {
            sbyte[] some = new sbyte[(2 + 5) * ScreenKernel.MaxColumns];
            some.AsSpan(0, 2 * ScreenKernel.MaxColumns).Fill(127);
            some.AsSpan(2 * ScreenKernel.MaxColumns).Fill((sbyte)(127 * sign));
            Assert.All(Run(All[name], some, 2, ScreenKernel.MaxColumns, 5), product => Assert.Equal(127 * 127 * sign * ScreenKernel.MaxColumns, product));
        }
    }

    // Rows first, then vectors.
    private static int[] Run(Kernel kernel, sbyte[] all, int rows, int n, int vectors)
    {
        int[] products = new int[(vectors * rows) + 1];
        products[^1] = 12345;
        fixed (sbyte* a = all)
        {
            fixed (int* p = products)
            {
                kernel(a, rows, n, a + (rows * n), vectors, p, rows);
            }
        }

        Assert.Equal(12345, products[^1]);
        return products[..^1];
    }
}
