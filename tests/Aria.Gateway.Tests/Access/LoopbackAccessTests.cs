using Aria.Gateway.Access;
using Microsoft.AspNetCore.Http;

namespace Aria.Gateway.Tests.Access;

public sealed class LoopbackAccessTests
{
    private readonly LoopbackAccess _access = new(["https://chat.example"]);

    [Theory]
    [InlineData("localhost:7420", null)]
    [InlineData("127.0.0.1:7420", null)]
    [InlineData("[::1]:7420", null)]
    [InlineData("127.9.9.9", null)]
    [InlineData("evil.example:7420", "host_not_allowed")]
    [InlineData("localhost.evil.example", "host_not_allowed")]
    [InlineData("10.0.0.1", "host_not_allowed")]
    public void OnlyLoopbackNames_AreServed(string host, string? code)
    {
        DefaultHttpContext context = new();
        context.Request.Host = new(host);
        Assert.Equal(code, _access.Check(context)?.Code);
    }

    [Theory]
    [InlineData("http://localhost:3000", null)]
    [InlineData("http://127.0.0.1", null)]
    [InlineData("https://chat.example", null)]
    [InlineData("https://other.example", "origin_not_allowed")]
    [InlineData("http://localhost.evil.example", "origin_not_allowed")]
    [InlineData("null", "origin_not_allowed")]
    [InlineData("file:///x", "origin_not_allowed")]
    public void OnlyLoopbackAndAllowedOrigins_AreServed(string origin, string? code)
    {
        DefaultHttpContext context = new();
        context.Request.Headers.Origin = origin;
        Assert.Equal(code, _access.Check(context)?.Code);
        Assert.Equal(code is null ? origin : "", context.Response.Headers.AccessControlAllowOrigin.ToString());
    }

    [Fact]
    public void Preflight_EchoesTheHeadersAskedFor()
    {
        DefaultHttpContext context = new();
        context.Request.Method = "OPTIONS";
        context.Request.Headers.AccessControlRequestMethod = "POST";
        context.Request.Headers.AccessControlRequestHeaders = "authorization, x-stainless-os";
        Assert.True(LoopbackAccess.TryAnswerPreflight(context));
        Assert.Equal(204, context.Response.StatusCode);
        Assert.Equal("authorization, x-stainless-os", context.Response.Headers.AccessControlAllowHeaders.ToString());
    }

    [Fact]
    public void OwnerToken_IsRecognised_AndNothingElse()
    {
        OwnerToken token = OwnerToken.Draw();
        DefaultHttpContext context = new();
        Assert.False(token.IsShownBy(context.Request));
        context.Request.Headers.Authorization = "Bearer " + token.Text;
        Assert.True(token.IsShownBy(context.Request));
        context.Request.Headers.Authorization = "Bearer " + token.Text[..^1];
        Assert.False(token.IsShownBy(context.Request));
    }
}
