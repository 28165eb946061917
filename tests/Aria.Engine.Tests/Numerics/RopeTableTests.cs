using Aria.Engine.Numerics;

namespace Aria.Engine.Tests.Numerics;

public class RopeTableTests
{
    [Theory]
    [InlineData(10_000f, 32, 512)]
    [InlineData(500_000f, 128, 4096)]
    [InlineData(1_000_042f, 256, 8192)]
    [InlineData(10_000f, 100, 2048)]
    public void ItIsTheCosinesAndSines_ToTheLastDigitsOfF32(float theta, int headDim, int positions)
    {
        RopeTable table = new(theta, headDim, positions);
        int half = headDim / 2;
        for (int position = 0; position < positions; position += 13)
        {
            for (int i = 0; i < half; i++)
            {
                double angle = position * Math.Pow(theta, -2.0 * i / headDim);
                Assert.Equal(Math.Cos(angle), table.Cosines[(position * half) + i], 6.1e-8);
                Assert.Equal(Math.Sin(angle), table.Sines[(position * half) + i], 6.1e-8);
            }
        }
    }

    [Fact]
    public void PositionZero_TurnsNothing()
    {
        RopeTable table = new(10_000f, 64, 1);
        Assert.All(table.Cosines, value => Assert.Equal(1f, value));
        Assert.All(table.Sines, value => Assert.Equal(0f, value));
    }

    [Fact]
    public void TheLogarithm_IsCloseToThePlatforms()
    {
        for (double x = 1.0000001; x < 1e9; x *= 1.01)
        {
            Assert.Equal(Math.Log(x), RopeTable.Log(x), 1e-14 * Math.Max(1, Math.Log(x)));
        }
    }
}
