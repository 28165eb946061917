using Aria.Engine.Sampling;
using CsCheck;

namespace Aria.Engine.Tests.Sampling;

public class OrderedExpTests
{
    [Fact]
    public void IsWithinFourUnitsOfTheTrueValue() =>
        Gen.Double[-699, 0].Sample(
            x => Assert.InRange(OrderedExp.Of(x) / Math.Exp(x), 1 - 9e-16, 1 + 9e-16),
            iter: 100_000);

    [Fact]
    public void EndsAtZero()
    {
        Assert.Equal(1, OrderedExp.Of(0));
        Assert.Equal(1, OrderedExp.Of(-0.0));
        Assert.True(OrderedExp.Of(OrderedExp.Smallest) > 0);
        Assert.Equal(0, OrderedExp.Of(Math.BitDecrement(OrderedExp.Smallest)));
        Assert.Equal(0, OrderedExp.Of(double.NegativeInfinity));
    }

    [Fact]
    public void PositiveExponents_AreMisuse()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => OrderedExp.Of(double.Epsilon));
        Assert.Throws<ArgumentOutOfRangeException>(() => OrderedExp.Of(double.NaN));
    }
}
