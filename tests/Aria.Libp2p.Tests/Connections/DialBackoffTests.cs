using Aria.Libp2p.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.Tests.Connections;

public sealed class DialBackoffTests
{
    private static readonly Multiaddress Address = Multiaddress.Parse("/ip4/127.0.0.1/tcp/1");

    [Fact]
    public void Pauses_Double_UpToTheLongest_AndEndWithASuccess()
    {
        FakeTimeProvider time = new();
        DialBackoff backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), time);
        Assert.False(backoff.IsPassedOver(Address));
        foreach (int seconds in new[] { 1, 2, 4, 5, 5 })
        {
            backoff.Failed(Address);
            time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            Assert.True(backoff.IsPassedOver(Address));
            time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.False(backoff.IsPassedOver(Address));
        }

        backoff.Failed(Address);
        backoff.Succeeded(Address);
        Assert.False(backoff.IsPassedOver(Address));
    }

    [Fact]
    public void FailuresOfManyAddresses_AreBounded()
    {
        FakeTimeProvider time = new();
        DialBackoff backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), time);
        for (int i = 0; i < 10_000; i++)
        {
            backoff.Failed(Multiaddress.Parse($"/ip4/10.0.{i / 256}.{i % 256}/tcp/1"));
        }

        Assert.Equal(4096, Enumerable.Range(0, 10_000).Count(i => backoff.IsPassedOver(Multiaddress.Parse($"/ip4/10.0.{i / 256}.{i % 256}/tcp/1"))));
    }
}
