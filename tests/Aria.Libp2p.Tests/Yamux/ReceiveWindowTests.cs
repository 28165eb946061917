using Aria.Libp2p.Yamux;

namespace Aria.Libp2p.Tests.Yamux;

public sealed class ReceiveWindowTests
{
    private const uint Initial = YamuxOptions.InitialWindowBytes;
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void NothingBeyondTheWindow_IsReceived()
    {
        ReceiveWindow window = new(_ => true);
        Assert.True(window.TryReceive(Initial - 1));
        Assert.False(window.TryReceive(2));
        Assert.True(window.TryReceive(1));
        Assert.False(window.TryReceive(1));
    }

    [Fact]
    public void HalfOfTheWindow_IsGrantedAtOnce_LessIsNot()
    {
        ReceiveWindow window = new(_ => true);
        Assert.True(window.TryReceive(Initial));
        Assert.Equal(0u, window.Consume(Initial / 2 - 1, TimeSpan.Zero, null));
        Assert.Equal(Initial / 2, window.Consume(1, TimeSpan.Zero, null));
        Assert.True(window.TryReceive(Initial / 2));
        Assert.False(window.TryReceive(1));
    }

    [Fact]
    public void FastReader_DoublesTheWindow_UpToTheLargest_AndASlowOneDoesNot()
    {
        ReceiveWindow fast = new(_ => true), slow = new(_ => true);
        for (int i = 0; i < 40; i++)
        {
            Assert.True(fast.TryReceive((uint)fast.SizeBytes / 2));
            Assert.NotEqual(0u, fast.Consume(fast.SizeBytes / 2, i * RoundTrip, RoundTrip));
            Assert.True(slow.TryReceive(Initial / 2));
            Assert.Equal(Initial / 2, slow.Consume(Initial / 2, i * 5 * RoundTrip, RoundTrip));
        }

        Assert.Equal(YamuxOptions.MaxWindowBytes, fast.SizeBytes);
        Assert.Equal((int)Initial, slow.SizeBytes);
    }

    [Fact]
    public void GrowthThatIsNotAllowed_StillGrantsWhatWasRead()
    {
        ReceiveWindow window = new(_ => false);
        for (int i = 0; i < 10; i++)
        {
            Assert.True(window.TryReceive(Initial / 2));
            Assert.Equal(Initial / 2, window.Consume(Initial / 2, i * RoundTrip, RoundTrip));
        }

        Assert.Equal((int)Initial, window.SizeBytes);
    }

    [Fact]
    public void GrantsNeverExceedWhatTheSizeAllows()
    {
        Random random = Testing.TestSeed.Random();
        ReceiveWindow window = new(_ => random.Next(2) == 0);
        long granted = Initial, received = 0, consumed = 0;
        for (int i = 0; i < 100_000; i++)
        {
            if (random.Next(2) == 0)
            {
                uint bytes = (uint)random.NextInt64(granted - received + 1);
                Assert.True(window.TryReceive(bytes));
                received += bytes;
            }
            else
            {
                long bytes = random.NextInt64(received - consumed + 1);
                consumed += bytes;
                granted += window.Consume(bytes, TimeSpan.FromMilliseconds(i), RoundTrip);
            }

            Assert.True(granted - consumed <= window.SizeBytes);
            Assert.False(window.TryReceive((uint)(granted - received) + 1));
        }
    }
}
