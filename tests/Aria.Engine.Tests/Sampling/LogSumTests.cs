using Aria.Engine.Sampling;
using CsCheck;

namespace Aria.Engine.Tests.Sampling;

public class LogSumTests
{
    [Fact]
    public void LogProbabilities_AddUpToOne() =>
        Gen.Single[-30, 30].Array[1, 200].Sample(logits =>
        {
            float logSum = LogSum.Of(logits);
            Assert.Equal(1, logits.Select((logit, id) => Math.Exp(LogSum.LogProbability(new((uint)id, logit), logSum))).Sum(), 1e-5);
        });

    // The order is the specification's: one weight after the other, whatever a vector holds.
    [Fact]
    public void TheSum_IsTheScalarTwins() =>
        Gen.Single[-900, 900].Array[1, 1100].Sample(
            logits =>
            {
                double best = logits.Max(), sum = 0;
                foreach (float logit in logits)
                {
                    sum += OrderedExp.Of(logit - best);
                }

                Assert.Equal(BitConverter.SingleToUInt32Bits((float)(best + OrderedLog.Of(sum))), BitConverter.SingleToUInt32Bits(LogSum.Of(logits)));
            },
            iter: 300);

    [Fact]
    public void Exponentials_SeveralAtOnce_HaveTheBitsOfEach() =>
        Gen.OneOf(Gen.Double[-720, 0], Gen.Double[-1, 0], Gen.Double[-1e300, -690], Gen.Const(0d), Gen.Const(-0d), Gen.Const(-700d), Gen.Const(double.NegativeInfinity), Gen.Const(-double.Epsilon))
            .Array[0, 19].Sample(
                numbers =>
                {
                    double[] each = [.. numbers.Select(OrderedExp.Of)];
                    OrderedExp.OfEach(numbers);
                    Assert.Equal(each.Select(BitConverter.DoubleToUInt64Bits), numbers.Select(BitConverter.DoubleToUInt64Bits));
                },
                iter: 20_000);

    [Fact]
    public void Logarithms_AreRight() =>
        Gen.Double[1, 1e9].Sample(x => Assert.Equal(Math.Log(x), OrderedLog.Of(x), 4e-16 * Math.Max(1, Math.Log(x))), iter: 50_000);

    [Fact]
    public void NothingOrInfinities_AreMisuse()
    {
        Assert.Throws<ArgumentException>(() => LogSum.Of([]));
        Assert.Throws<ArgumentException>(() => LogSum.Of([1, float.NegativeInfinity]));
        Assert.Throws<ArgumentException>(() => LogSum.Of([1, float.NaN]));
        Assert.Throws<ArgumentOutOfRangeException>(() => OrderedLog.Of(0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => OrderedLog.Of(double.PositiveInfinity));
    }
}
