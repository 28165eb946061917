using System.Net;
using Aria.Libp2p.Connections;

namespace Aria.Libp2p.Tests.Connections;

public sealed class AddressQuotaTests
{
    [Fact]
    public void AMappedAddress_IsTheIPv4AddressThatItLeadsTo()
    {
        AddressQuota quota = new(1, countsPrivate: false);
        Assert.NotNull(quota.TryTake(Multiaddress.Parse("/ip4/198.51.100.1/tcp/1")));
        Assert.Null(quota.TryTake(Multiaddress.Parse("/ip6/::ffff:198.51.100.1/tcp/2")));
        Assert.NotNull(quota.TryTake(Multiaddress.Parse("/ip6/::ffff:10.0.0.1/tcp/1")));
        Assert.NotNull(quota.TryTake(Multiaddress.Parse("/ip4/10.0.0.1/tcp/1")));       // private, so that nobody counts it
    }

    [Fact]
    public void Ip6Hosts_AreNetworks_AndIp4HostsAddresses()
    {
        AddressQuota quota = new(1, countsPrivate: false);
        Action? first = quota.TryTake(Multiaddress.Parse("/ip6/2001:db8:1:200::1/tcp/1"));
        Assert.NotNull(first);
        Assert.Null(quota.TryTake(Multiaddress.Parse("/ip6/2001:db8:1:2ff::2/tcp/2")));
        Assert.NotNull(quota.TryTake(Multiaddress.Parse("/ip6/2001:db8:1:300::1/tcp/1")));
        Assert.NotNull(quota.TryTake(Multiaddress.Parse("/ip4/192.0.2.1/tcp/1")));
        Assert.NotNull(quota.TryTake(Multiaddress.Parse("/ip4/192.0.2.2/tcp/1")));
        Assert.Null(quota.TryTake(Multiaddress.Parse("/ip4/192.0.2.2/tcp/7")));
        first();
        Assert.NotNull(quota.TryTake(Multiaddress.Parse("/ip6/2001:db8:1:2ff::2/tcp/2")));
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("172.15.0.1", false)]
    [InlineData("172.16.0.1", true)]
    [InlineData("172.31.255.255", true)]
    [InlineData("172.32.0.0", false)]
    [InlineData("192.168.7.7", true)]
    [InlineData("100.64.0.1", true)]
    [InlineData("100.128.0.1", false)]
    [InlineData("169.254.1.1", true)]
    [InlineData("192.0.2.1", false)]
    [InlineData("::1", true)]
    [InlineData("fe80::1", true)]
    [InlineData("fd00::1", true)]
    [InlineData("2001:db8::1", false)]
    public void PrivateHosts_AreExempt(string text, bool isPrivate)
    {
        IPAddress ip = IPAddress.Parse(text);
        Assert.Equal(isPrivate, AddressQuota.IsPrivate(ip));
        AddressQuota quota = new(1, countsPrivate: false);
        quota.TryTake(Multiaddress.FromEndPoint(new(ip, 1)));
        Assert.Equal(isPrivate, quota.TryTake(Multiaddress.FromEndPoint(new(ip, 2))) is not null);
    }
}
