using Aria.Libp2p.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.Tests.Connections;

public sealed class SeldomLoggedTests
{
    [Fact]
    public void EachKey_IsDueOnce_UntilTheSilenceIsOver()
    {
        FakeTimeProvider time = new();
        SeldomLogged seldom = new(TimeSpan.FromMinutes(1), time);
        Assert.Equal([true, false, true, false], new[] { "a", "a", "b", "a" }.Select(seldom.IsDue));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([true, false], new[] { "a", "a" }.Select(seldom.IsDue));
    }
}
