using System.Text;
using Aria.Gateway.Errors;
using Aria.Gateway.Requests;

namespace Aria.Gateway.Tests.Requests;

public sealed class CompletionRequestTests
{
    [Theory]
    [InlineData("\"once\"")]
    [InlineData("[\"once\"]")]
    public void TextPrompt_IsRead(string prompt) => Assert.Equal(new Prompt.Text("once"), Parse(prompt).Prompt);

    [Theory]
    [InlineData("[0,424,439]")]
    [InlineData("[[0,424,439]]")]
    public void TokenPrompt_IsRead(string prompt) => Assert.Equal([0u, 424u, 439u], Assert.IsType<Prompt.Tokens>(Parse(prompt).Prompt).Ids);

    [Theory]
    [InlineData("[]", "invalid_value")]
    [InlineData("[[]]", "invalid_value")]
    [InlineData("[[\"a\"]]", "invalid_value")]
    [InlineData("[[[1]]]", "invalid_value")]
    [InlineData("[null]", "invalid_value")]
    [InlineData("null", "invalid_value")]
    [InlineData("[1,-2]", "invalid_value")]
    [InlineData("[1,\"a\"]", "invalid_value")]
    [InlineData("7", "invalid_value")]
    [InlineData("{}", "invalid_value")]
    [InlineData("[\"a\",\"b\"]", "unsupported_parameter")]
    [InlineData("[[1],[2]]", "unsupported_parameter")]
    public void OtherPrompts_AreRefused(string prompt, string code) =>
        Assert.Equal(code, Assert.Throws<RequestRefusedException>(() => Parse(prompt)).Error.Code);

    [Theory]
    [InlineData("\"echo\":true", "echo")]
    [InlineData("\"suffix\":\"end\"", "suffix")]
    [InlineData("\"best_of\":2", "best_of")]
    public void WhatCannotBeDone_IsRefused_NamingTheField(string field, string param)
    {
        ApiError error = Assert.Throws<RequestRefusedException>(() => Parse("\"x\"", "," + field)).Error;
        Assert.Equal(("unsupported_parameter", param), (error.Code, error.Param));
    }

    [Theory]
    [InlineData("0", 0, 1)]
    [InlineData("1", 1, 1)]
    [InlineData("5", 5, 5)]
    [InlineData("null", null, 0)]
    public void Logprobs_AreHowManyAreToldBesideEach(string logprobs, int? top, int candidates)
    {
        GenerationSettings settings = Parse("\"x\"", ",\"logprobs\":" + logprobs).Settings;
        Assert.Equal((top, candidates), (settings.TopLogprobs, settings.Sampling.LogProbabilities));
    }

    [Fact]
    public void NeutralValues_AreNothing() =>
        Assert.Empty(Parse("\"x\"", ",\"echo\":false,\"suffix\":null,\"logprobs\":null,\"best_of\":1,\"n\":1").Settings.Ignored);

    private static CompletionRequest Parse(string prompt, string more = "") =>
        CompletionRequest.Parse(Encoding.UTF8.GetBytes("{\"model\":\"m\",\"prompt\":" + prompt + more + "}"), () => 7);
}
