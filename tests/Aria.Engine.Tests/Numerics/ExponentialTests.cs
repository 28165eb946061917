using System.Runtime.Intrinsics;
using Aria.Engine.Kernels;
using Aria.Engine.Numerics;

namespace Aria.Engine.Tests.Numerics;

public class ExponentialTests
{
    [Fact]
    public void ItIsCloseToTheExponential()
    {
        for (float x = -87f; x <= 88f; x += 0.00731f)
        {
            double exact = Math.Exp(x);
            Assert.Equal(1, Exponential.Of(x) / exact, 1.5e-7);
        }
    }

    [Fact]
    public void TheEnds_AreZeroAndTheLargest()
    {
        Assert.Equal(0f, Exponential.Of(-87.00001f));
        Assert.Equal(0f, Exponential.Of(float.NegativeInfinity));
        Assert.True(Exponential.Of(-87f) > 1.17549435e-38f);
        Assert.Equal(1f, Exponential.Of(0f));
        Assert.Equal(1f, Exponential.Of(-0f));
        Assert.Equal(Exponential.Of(88f), Exponential.Of(1000f));
        Assert.True(float.IsFinite(Exponential.Of(88f)));
    }

    [Fact]
    public void EightAtOnce_AreTheSameBits()
    {
        for (float x = -90f; x <= 90f; x += 0.00117f)
        {
            float vector = VectorMath.Exp(Vector256.Create(x))[3];
            Assert.Equal(BitConverter.SingleToInt32Bits(Exponential.Of(x)), BitConverter.SingleToInt32Bits(vector));
        }
    }
}
