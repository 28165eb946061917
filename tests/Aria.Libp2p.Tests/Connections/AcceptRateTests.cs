using Aria.Libp2p.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.Tests.Connections;

public sealed class AcceptRateTests
{
    private readonly FakeTimeProvider _time = new();

    private static Multiaddress Host(int number) => Multiaddress.Parse($"/ip4/192.{number / 65536}.{number / 256 % 256}.{number % 256}/tcp/1");

    [Fact]
    public void Burst_ThenTheRate_ForEachHostAlone()
    {
        AcceptRate rate = new(perSecond: 2, burst: 3, countsPrivate: false, _time);
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => rate.TryTake(Host(1))));
        Assert.True(rate.TryTake(Host(2)));
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(_ => rate.TryTake(Host(1))));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => rate.TryTake(Host(1))));
    }

    [Fact]
    public void PrivateHosts_AreExempt_UnlessTheyCount()
    {
        Multiaddress address = Multiaddress.Parse("/ip4/127.0.0.1/tcp/1");
        AcceptRate exempt = new(1, 1, countsPrivate: false, _time), counted = new(1, 1, countsPrivate: true, _time);
        Assert.All(Enumerable.Range(0, 100), _ => Assert.True(exempt.TryTake(address)));
        Assert.Equal([true, false], new[] { counted.TryTake(address), counted.TryTake(address) });
    }

    [Fact]
    public void ManyHosts_AreBounded_AndShareTheLastBucket()
    {
        AcceptRate rate = new(1, 1, countsPrivate: false, _time);
        Assert.Equal(4097, Enumerable.Range(0, 10_000).Count(number => rate.TryTake(Host(number))));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(4097, Enumerable.Range(10_000, 10_000).Count(number => rate.TryTake(Host(number))));
    }
}
