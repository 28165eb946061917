using Aria.Libp2p.Connections;

namespace Aria.Libp2p.Tests.Connections;

public sealed class DialOrderTests
{
    [Theory]
    [InlineData("4a 4b 4c 6a 6b", "4a 6a 4b 6b 4c")]
    [InlineData("6a 6b 4a", "6a 4a 6b")]
    [InlineData("ra 4a 6a", "4a 6a ra")]
    [InlineData("ra rb", "ra rb")]
    [InlineData("", "")]
    public void FamiliesTakeTurns_AndRelaysComeLast(string known, string dialed) => Assert.Equal(Parse(dialed), DialOrder.Of(Parse(known)));

    [Fact]
    public void NearAddresses_HaveAShortHeadStart()
    {
        Assert.Equal(DialOrder.NearHeadStart, DialOrder.HeadStartOf(Multiaddress.Parse("/ip4/192.168.1.1/tcp/1")));
        Assert.Equal(DialOrder.FarHeadStart, DialOrder.HeadStartOf(Multiaddress.Parse("/ip4/192.0.2.1/tcp/1")));
        Assert.Equal(DialOrder.FarHeadStart, DialOrder.HeadStartOf(Multiaddress.Parse("/dns4/example.org/tcp/1")));
    }

    private static Multiaddress[] Parse(string text) =>
    [
        .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(one => Multiaddress.Parse(one[0] switch
        {
            '4' => $"/ip4/192.0.2.{(int)one[1]}/tcp/1",
            '6' => $"/ip6/2001:db8::{(int)one[1]}/tcp/1",
            _ => $"/ip4/192.0.2.{(int)one[1]}/tcp/1/p2p-circuit",
        })),
    ];
}
