using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Tests.Routing;

public sealed class IpGroupTests
{
    [Theory]
    [InlineData("/ip4/203.0.113.7/tcp/1", "/ip4/203.0.200.9/tcp/2", 1)]      // one /16
    [InlineData("/ip4/203.0.113.7/tcp/1", "/ip4/203.1.113.7/tcp/1", 2)]
    [InlineData("/ip6/2001:db8::1/tcp/1", "/ip6/2001:db8:ffff::1/tcp/1", 1)] // one /32
    [InlineData("/ip6/2001:db8::1/tcp/1", "/ip6/2001:db9::1/tcp/1", 2)]
    [InlineData("/ip6/::ffff:203.0.113.7/tcp/1", "/ip4/203.0.1.1/tcp/1", 1)]
    [InlineData("/ip4/127.0.0.1/tcp/1", "/ip4/10.0.0.1/tcp/1", 0)]
    [InlineData("/ip4/192.168.3.4/tcp/1", "/ip4/172.31.0.1/tcp/1", 0)]
    [InlineData("/ip4/169.254.0.1/tcp/1", "/ip4/100.64.0.1/tcp/1", 0)]
    [InlineData("/ip6/::1/tcp/1", "/ip6/fe80::1/tcp/1", 0)]
    [InlineData("/ip6zone/eth0/ip6/fe80::1/tcp/1", "/ip6/::/tcp/1", 0)]
    [InlineData("/ip6/fd00::1/tcp/1", "/dns4/example.org/tcp/1", 0)]
    [InlineData("/ip4/172.32.0.1/tcp/1", "/ip4/100.128.0.1/tcp/1", 2)]
    [InlineData("/memory/1", "/memory/2", 0)]
    public void Addresses_OfOneOwner_AreOneGroup(string one, string other, int groups) =>
        Assert.Equal(groups, IpGroup.Of([Multiaddress.Parse(one), Multiaddress.Parse(other)], groupPrivate: false).Length);

    [Fact]
    public void PrivateAddresses_FormGroups_WhereAskedFor() =>
        Assert.Equal(2, IpGroup.Of([.. new[] { "/ip4/127.1.0.1/tcp/1", "/ip4/127.2.0.1/tcp/1", "/ip4/127.2.0.2/tcp/1" }.Select(Multiaddress.Parse)], groupPrivate: true).Length);
}
