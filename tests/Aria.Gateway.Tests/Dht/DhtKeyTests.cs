using Aria.Gateway.Dht;

namespace Aria.Gateway.Tests.Dht;

public sealed class DhtKeyTests
{
    [Theory]
    [InlineData("/aria/node/x", "2f617269612f6e6f64652f78")]
    [InlineData("hex:00ff", "00ff")]
    [InlineData("é", "c3a9")]
    public void AKey_IsTextOrHex(string text, string hex)
    {
        Assert.True(DhtKey.TryParse(text, out byte[]? key));
        Assert.Equal(hex, Convert.ToHexStringLower(key));
        Assert.True(DhtKey.TryParse(DhtKey.Format(key), out byte[]? again));
        Assert.Equal(key, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hex:")]
    [InlineData("hex:0")]
    [InlineData("hex:zz")]
    public void NoKey_IsRefused(string text) => Assert.False(DhtKey.TryParse(text, out _));

    [Fact]
    public void ALongKey_IsRefused() => Assert.False(DhtKey.TryParse(new('a', 513), out _));

    [Fact]
    public void TextThatLooksLikeHex_IsWrittenAsHex() => Assert.Equal("hex:6865783a3030", DhtKey.Format("hex:00"u8));

    [Fact]
    public void WhatIsProvided_IsAModelIdOrAMultihash()
    {
        string digest = new('a', 64);
        foreach (string text in (string[])[digest, "1220" + digest, "hex:1220" + digest, "hex:" + digest])
        {
            Assert.True(DhtKey.TryParseProvided(text, out byte[]? key));
            Assert.Equal("1220" + digest, Convert.ToHexStringLower(key));
        }

        Assert.False(DhtKey.TryParseProvided("aria-tiny", out _));
        Assert.False(DhtKey.TryParseProvided("1230" + digest, out _));
    }

    [Fact]
    public void APlace_IsAPeerOrAKey()
    {
        Assert.True(DhtKey.TryParsePlace("12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5", out byte[]? peer));
        Assert.Equal(38, peer.Length);
        Assert.True(DhtKey.TryParsePlace("anything", out byte[]? key));
        Assert.Equal("anything"u8.ToArray(), key);
    }
}
