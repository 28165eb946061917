using Aria.Engine.Numerics;
using Aria.Testing;

namespace Aria.Engine.Tests.Numerics;

/// <summary>Conversions against the platform's own type.</summary>
public class Float16Tests
{
    [Fact]
    public void EveryHalf_BecomesTheSingleOfItsValue_AndComesBack()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            Half half = BitConverter.UInt16BitsToHalf((ushort)bits);
            if (Half.IsNaN(half))
            {
                Assert.True(float.IsNaN(Float16.ToSingle((ushort)bits)));
                continue;
            }

            Assert.Equal(BitConverter.SingleToInt32Bits((float)half), BitConverter.SingleToInt32Bits(Float16.ToSingle((ushort)bits)));
            Assert.Equal((ushort)bits, Float16.FromSingle((float)half));
        }
    }

    [Fact]
    public void BetweenAnyTwoHalves_TheNearerIsTaken_AndTheEvenOneInTheMiddle()
    {
        for (ushort bits = 0; bits < 0x7bff; bits++)
        {
            float low = Float16.ToSingle(bits);
            float high = Float16.ToSingle((ushort)(bits + 1));
            float middle = (low + high) / 2;
            Assert.Equal(bits % 2 == 0 ? bits : bits + 1, Float16.FromSingle(middle));
            Assert.Equal(bits, Float16.FromSingle(MathF.BitDecrement(middle)));
            Assert.Equal(bits + 1, Float16.FromSingle(MathF.BitIncrement(middle)));
            Assert.Equal(0x8000 | bits, Float16.FromSingle(-MathF.BitDecrement(middle)));
        }
    }

    [Fact]
    public void AnySingle_RoundsAsThePlatformDoes()
    {
        Random random = TestSeed.Random();
        for (int i = 0; i < 1_000_000; i++)
        {
            float value = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            if (!float.IsNaN(value))
            {
                Assert.Equal(BitConverter.HalfToUInt16Bits((Half)value), Float16.FromSingle(value));
            }
        }
    }
}
