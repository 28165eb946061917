using Aria.Libp2p.Connections;

namespace Aria.Libp2p.Tests.Connections;

public sealed class PruningTests
{
    private readonly Pruning _pruning = new(lowWater: 2, highWater: 4, grace: TimeSpan.FromSeconds(20));

    private sealed record Connection(int? IdleSeconds, int AgeSeconds = 100, bool IsProtected = false);

    [Fact]
    public void UpToTheHighWater_NothingEnds() => Assert.Empty(Choose([.. Enumerable.Repeat(new Connection(50), 4)]));

    [Fact]
    public void Beyond_TheLongestIdleEnd_DownToTheLowWater()
    {
        Connection[] all = [new(10), new(50), new(30), new(40), new(20)];
        Assert.Equal([50, 40, 30], Choose(all).Select(one => one.IdleSeconds));
    }

    [Fact]
    public void UsedYoungAndProtectedOnes_Stay()
    {
        Connection[] all = [new(null), new(10, AgeSeconds: 19), new(60, IsProtected: true), new(null), new(5)];
        Assert.Equal([5], Choose(all).Select(one => one.IdleSeconds));
    }

    private IReadOnlyList<Connection> Choose(Connection[] all) => _pruning.Choose(
        all, one => one.IdleSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, one => TimeSpan.FromSeconds(one.AgeSeconds), one => one.IsProtected);
}
