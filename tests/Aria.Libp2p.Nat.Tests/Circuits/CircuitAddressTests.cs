using Aria.Libp2p.Nat.Circuits;

namespace Aria.Libp2p.Nat.Tests.Circuits;

/// <summary>Which addresses lead through one relay.</summary>
public sealed class CircuitAddressTests
{
    private const string Relay = "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5";
    private const string Target = "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq";

    [Theory]
    [InlineData($"/ip4/192.0.2.1/tcp/1/p2p/{Relay}/p2p-circuit/p2p/{Target}", Target)]
    [InlineData($"/ip4/192.0.2.1/tcp/1/p2p/{Relay}/p2p-circuit", null)]
    [InlineData($"/p2p/{Relay}/p2p-circuit/p2p/{Target}", Target)]
    public void OneRelay_IsRead(string text, string? target)
    {
        Assert.True(CircuitAddress.TryRead(Multiaddress.Parse(text), out CircuitAddress circuit));
        Assert.Equal(Relay, circuit.RelayId.ToString());
        Assert.Equal(target, circuit.Target?.ToString());
        Assert.Equal(circuit.Relay.ToString(), text[..text.IndexOf("/p2p-circuit", StringComparison.Ordinal)]);
    }

    [Theory]
    [InlineData("/p2p-circuit")]
    [InlineData($"/p2p-circuit/p2p/{Target}")]
    [InlineData($"/ip4/192.0.2.1/tcp/1/p2p-circuit/p2p/{Target}")]
    [InlineData($"/p2p/{Relay}/p2p-circuit/p2p/{Relay}/p2p-circuit/p2p/{Target}")]
    [InlineData($"/p2p/{Relay}/p2p-circuit/ip4/1.2.3.4/tcp/1/p2p/{Target}")]
    [InlineData($"/ip4/192.0.2.1/tcp/1/p2p/{Target}")]
    public void NoneOrTwo_AreRefused(string text) => Assert.False(CircuitAddress.TryRead(Multiaddress.Parse(text), out _));
}
