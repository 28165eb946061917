using System.Text;
using Aria.Gateway.Errors;
using Aria.Gateway.Requests;

namespace Aria.Gateway.Tests.Requests;

public sealed class ChatRequestTests
{
    private const string Hello = "\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    [Fact]
    public void PlainRequest_HasOpenAisDefaults()
    {
        ChatRequest request = Parse("{" + Hello + "}");
        Assert.Equal("m", request.Settings.Model);
        Assert.Equal(new(1f, 0, 1f, 7), request.Settings.Sampling);
        Assert.Null(request.Settings.MaxTokens);
        Assert.Empty(request.Settings.Stops);
        Assert.Empty(request.Settings.Ignored);
        Assert.False(request.Settings.Stream);
        Assert.Equal([new("user", "hi")], request.Messages);
    }

    [Fact]
    public void EveryHonouredField_Arrives()
    {
        ChatRequest request = Parse("""
            {"model":"m","messages":[{"role":"developer","content":"be brief"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"assistant","content":""}],
             "max_tokens":5,"max_completion_tokens":9,"temperature":0.5,"top_p":0.25,"top_k":40,"seed":-1,"stop":["x","y"],"stream":true,"stream_options":{"include_usage":true},"n":1}
            """);
        Assert.Equal([new("system", "be brief"), new("user", "ab"), new("assistant", "")], request.Messages);
        Assert.Equal(9, request.Settings.MaxTokens);
        Assert.Equal(new(0.5f, 40, 0.25f, ulong.MaxValue), request.Settings.Sampling);
        Assert.Equal(["x", "y"], request.Settings.Stops);
        Assert.True(request.Settings.Stream);
        Assert.True(request.Settings.IncludeUsage);
    }

    [Fact]
    public void MinPAndBiases_AreTaken()
    {
        SamplingParameters sampling = Parse("{" + Hello + ""","seed":1,"min_p":0.25,"logit_bias":{"9":2.5,"5":-100,"6":0}}""").Settings.Sampling;
        Assert.Equal(new SamplingParameters(1, 0, 1, 1) { MinP = 0.25f, Biases = LogitBiases.Of([new(5, -100), new(9, 2.5f)]) }, sampling);
    }

    [Theory]
    [InlineData("\"min_p\":1.5", "min_p")]
    [InlineData("\"logit_bias\":[]", "logit_bias")]
    [InlineData("\"logit_bias\":{\"hello\":1}", "logit_bias.hello")]
    [InlineData("\"logit_bias\":{\"5\":101}", "logit_bias.5")]
    [InlineData("\"logit_bias\":{\"5\":1,\"05\":2}", "logit_bias.05")]
    public void WrongBiases_AreRefused_NamingTheField(string field, string param)
    {
        ApiError error = Refusal("{" + Hello + "," + field + "}");
        Assert.Equal((400, "invalid_value", param), (error.Status, error.Code, error.Param));
    }

    [Fact]
    public void HarmlessAndUnknownFields_AreTold_NotObeyed()
    {
        ChatRequest request = Parse("{" + Hello + """
            ,"user":"u","metadata":{},"store":true,"service_tier":"auto","verbosity":"low","reasoning_effort":"high","parallel_tool_calls":true,
            "modalities":["text"],"prediction":{},"tool_choice":"none","tools":[{"type":"function"}],"never_heard_of":1,"stream":true,"stream_options":{"include_obfuscation":false}}
            """);
        Assert.Equal(
            ["metadata", "modalities", "never_heard_of", "parallel_tool_calls", "prediction", "reasoning_effort", "service_tier", "store", "stream_options.include_obfuscation", "tool_choice", "tools", "user", "verbosity"],
            request.Settings.Ignored);
    }

    [Theory]
    [InlineData("\"n\":1")]
    [InlineData("\"logprobs\":false")]
    [InlineData("\"top_logprobs\":0")]
    [InlineData("\"logit_bias\":{}")]
    [InlineData("\"frequency_penalty\":0")]
    [InlineData("\"presence_penalty\":0.0")]
    [InlineData("\"repetition_penalty\":1")]
    [InlineData("\"min_p\":0")]
    [InlineData("\"tools\":[]")]
    [InlineData("\"tools\":null")]
    [InlineData("\"functions\":null")]
    [InlineData("\"audio\":null")]
    [InlineData("\"response_format\":{\"type\":\"text\"}")]
    [InlineData("\"aria\":{\"audit\":null}")]
    public void NeutralValues_AreNothing(string field) => Assert.Empty(Parse("{" + Hello + "," + field + "}").Settings.Ignored);

    [Fact]
    public void PenaltiesAndLogprobs_AreRead()
    {
        GenerationSettings settings = Parse("{" + Hello + ",\"frequency_penalty\":0.5,\"presence_penalty\":-2,\"repetition_penalty\":1.25,\"min_p\":0.125,\"logprobs\":true,\"top_logprobs\":4}").Settings;
        Assert.Equal(new(1.25f, 0.5f, -2), settings.Sampling.Penalties);
        Assert.Equal((0.125f, 4, 4), (settings.Sampling.MinP, settings.Sampling.LogProbabilities, settings.TopLogprobs!.Value));
        settings = Parse("{" + Hello + ",\"logprobs\":true,\"frequency_penalty\":-0.0}").Settings;
        Assert.Equal((1, 0, true), (settings.Sampling.LogProbabilities, settings.TopLogprobs!.Value, settings.Sampling.Penalties.IsNone));
        settings = Parse("{" + Hello + ",\"top_logprobs\":2,\"logprobs\":true}").Settings;      // in any order
        Assert.Equal((2, 2), (settings.Sampling.LogProbabilities, settings.TopLogprobs!.Value));
        settings = Parse("{" + Hello + ",\"logprobs\":null,\"top_logprobs\":null}").Settings;
        Assert.Equal((0, null), (settings.Sampling.LogProbabilities, settings.TopLogprobs));
    }

    [Theory]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"repeat_penalty\":1.1", "repeat_penalty")]
    [InlineData("\"ignore_eos\":true", "ignore_eos")]
    [InlineData("\"grammar\":\"root ::= x\"", "grammar")]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", "response_format")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{}}", "response_format")]
    [InlineData("\"tools\":[{\"type\":\"function\"}]", "tools")]
    [InlineData("\"tool_choice\":\"required\"", "tool_choice")]
    [InlineData("\"functions\":[{}]", "functions")]
    [InlineData("\"audio\":{\"voice\":\"x\"}", "audio")]
    [InlineData("\"modalities\":[\"text\",\"audio\"]", "modalities")]
    [InlineData("\"web_search_options\":{\"a\":1}", "web_search_options")]
    [InlineData("\"aria\":{\"audit\":\"full\"}", "aria.audit")]
    public void WhatCannotBeDone_IsRefused_NamingTheField(string field, string param)
    {
        ApiError error = Refusal("{" + Hello + "," + field + "}");
        Assert.Equal((400, "unsupported_parameter", param), (error.Status, error.Code, error.Param));
    }

    [Theory]
    [InlineData("\"temperature\":2.1", "temperature")]
    [InlineData("\"temperature\":-0.1", "temperature")]
    [InlineData("\"temperature\":1e999", "temperature")]
    [InlineData("\"temperature\":\"hot\"", "temperature")]
    [InlineData("\"top_p\":1.5", "top_p")]
    [InlineData("\"top_k\":257", "top_k")]
    [InlineData("\"max_tokens\":0", "max_tokens")]
    [InlineData("\"max_tokens\":1.5", "max_tokens")]
    [InlineData("\"max_tokens\":99999999999", "max_tokens")]
    [InlineData("\"n\":0", "n")]
    [InlineData("\"seed\":1.5", "seed")]
    [InlineData("\"seed\":18446744073709551616", "seed")]
    [InlineData("\"stop\":[\"1\",\"2\",\"3\",\"4\",\"5\"]", "stop")]
    [InlineData("\"stop\":\"\"", "stop")]
    [InlineData("\"stop\":[1]", "stop[0]")]
    [InlineData("\"stream\":\"yes\"", "stream")]
    [InlineData("\"stream_options\":{\"include_usage\":true}", "stream_options")]
    [InlineData("\"stream\":true,\"stream_options\":[]", "stream_options")]
    [InlineData("\"aria\":1", "aria")]
    public void ValuesThatDoNotFit_AreRefused_NamingTheField(string field, string param)
    {
        ApiError error = Refusal("{" + Hello + "," + field + "}");
        Assert.Equal((400, "invalid_value", param), (error.Status, error.Code, error.Param));
    }

    [Theory]
    [InlineData("[]", "invalid_value", "messages")]
    [InlineData("\"hi\"", "invalid_value", "messages")]
    [InlineData("[1]", "invalid_value", "messages[0]")]
    [InlineData("[{\"content\":\"x\"}]", "missing_required_parameter", "messages[0].role")]
    [InlineData("[{\"role\":\"user\"}]", "missing_required_parameter", "messages[0].content")]
    [InlineData("[{\"role\":\"king\",\"content\":\"x\"}]", "invalid_value", "messages[0].role")]
    [InlineData("[{\"role\":\"tool\",\"content\":\"x\",\"tool_call_id\":\"\"}]", "unsupported_parameter", "messages[0].role")]
    [InlineData("[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{}}]}]", "unsupported_parameter", "messages[0].content[0].type")]
    [InlineData("[{\"role\":\"user\",\"content\":[{}]}]", "invalid_value", "messages[0].content[0]")]
    [InlineData("[{\"role\":\"user\",\"content\":7}]", "invalid_value", "messages[0].content")]
    [InlineData("[{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{}]}]", "unsupported_parameter", "messages[0].tool_calls")]
    public void WrongMessages_AreRefused_SayingWhere(string messages, string code, string param)
    {
        ApiError error = Refusal("{\"model\":\"m\",\"messages\":" + messages + "}");
        Assert.Equal((code, param), (error.Code, error.Param));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("{\"model\":\"m\",}")]
    [InlineData("{\"model\":\"m\",\"model\":\"n\"}")]
    [InlineData("{\"model\":\"\\ud800\"}")]
    [InlineData("{\"model\":\"m\"} {}")]
    public void MalformedJson_IsRefused(string body) => Assert.Equal("invalid_json", Refusal(body).Code);

    [Fact]
    public void BrokenUtf8_IsRefused()
    {
        byte[] body = [.. "{\"model\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        Assert.Equal("invalid_json", Assert.Throws<RequestRefusedException>(() => ChatRequest.Parse(body, () => 7)).Error.Code);
    }

    [Fact]
    public void DeepNesting_IsRefused() => Assert.Equal("invalid_json", Refusal("{\"a\":" + new string('[', 1000) + new string(']', 1000) + "}").Code);

    [Theory]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", "model")]
    [InlineData("{\"model\":\"m\"}", "messages")]
    public void RequiredFields_AreRequired(string body, string param)
    {
        ApiError error = Refusal(body);
        Assert.Equal(("missing_required_parameter", param), (error.Code, error.Param));
    }

    [Fact]
    public void EveryTruncation_IsRefused_AndNeverAnotherFailure()
    {
        string whole = "{" + Hello + ",\"temperature\":0.5,\"stop\":[\"a\"]}";
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Equal("invalid_json", Refusal(whole[..length]).Code);
        }
    }

    private static ChatRequest Parse(string body) => ChatRequest.Parse(Encoding.UTF8.GetBytes(body), () => 7);

    private static ApiError Refusal(string body) => Assert.Throws<RequestRefusedException>(() => Parse(body)).Error;
}
