using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using System.Text.Json;
using Aria.Gateway.Tests.Network;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;

namespace Aria.Gateway.Tests.Clients;

/// <summary>OpenAI's own .NET client, unchanged, against a gateway.</summary>
public sealed class OpenAiPackageTests(TestNetwork network)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_WholeAndStreamed()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        ChatClient chat = Client(gateway).GetChatClient("aria-tiny");
        ChatMessage[] messages = [new SystemChatMessage("You tell stories."), new UserChatMessage("Tell me a story.")];
#pragma warning disable OPENAI001 // the seed is experimental in the client alone
        ChatCompletionOptions options = new() { Temperature = 0.8f, Seed = 3, MaxOutputTokenCount = 16 };
#pragma warning restore OPENAI001
        ClientResult<ChatCompletion> whole = await chat.CompleteChatAsync(messages, options, Cancel);
        string text = whole.Value.Content[0].Text;
        Assert.NotEqual("", text);
        Assert.Contains(whole.Value.FinishReason, (ChatFinishReason[])[ChatFinishReason.Stop, ChatFinishReason.Length]);
        Assert.True(whole.GetRawResponse().Headers.TryGetValue("x-aria-job", out string? job));
        Assert.Equal(32, job!.Length);

        StringBuilder streamed = new();
        ChatFinishReason? finish = null;
        ChatTokenUsage? usage = null;
        await foreach (StreamingChatCompletionUpdate update in chat.CompleteChatStreamingAsync(messages, options, Cancel))
        {
            foreach (ChatMessageContentPart part in update.ContentUpdate)
            {
                Assert.NotEqual("", part.Text);
                streamed.Append(part.Text);
            }

            finish = update.FinishReason ?? finish;
            usage = update.Usage ?? usage;
        }

        Assert.Equal(text, streamed.ToString());
        Assert.Equal(whole.Value.FinishReason, finish);
        Assert.Equal(whole.Value.Usage.OutputTokenCount, usage?.OutputTokenCount);
        Assert.Equal(whole.Value.Usage.InputTokenCount, usage?.InputTokenCount);
    }

    [Fact]
    public async Task Chat_WithPenaltiesAndLogprobs_WholeAndStreamed()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        ChatClient chat = Client(gateway).GetChatClient("aria-tiny");
        ChatMessage[] messages = [new UserChatMessage("Tell me a story.")];
#pragma warning disable OPENAI001 // the seed is experimental in the client alone
        ChatCompletionOptions options = new()
        {
            Temperature = 0.8f, Seed = 3, MaxOutputTokenCount = 16, FrequencyPenalty = 0.5f, PresencePenalty = 0.25f, IncludeLogProbabilities = true, TopLogProbabilityCount = 2,
        };
#pragma warning restore OPENAI001
        ChatCompletion whole = await chat.CompleteChatAsync(messages, options, Cancel);
        Assert.NotEmpty(whole.ContentTokenLogProbabilities);
        Assert.Equal(whole.Content[0].Text, Encoding.UTF8.GetString([.. whole.ContentTokenLogProbabilities.SelectMany(token => token.Utf8Bytes!.Value.ToArray())]));
        Assert.All(whole.ContentTokenLogProbabilities, token =>
        {
            Assert.InRange(token.LogProbability, -100, 0);
            Assert.Equal(2, token.TopLogProbabilities.Count);
            Assert.True(token.TopLogProbabilities[0].LogProbability >= token.TopLogProbabilities[1].LogProbability);
            Assert.True(token.TopLogProbabilities[0].LogProbability >= token.LogProbability);
            Assert.True(Math.Exp(token.TopLogProbabilities[0].LogProbability) + Math.Exp(token.TopLogProbabilities[1].LogProbability) <= 1 + 1e-5);
        });

        List<ChatTokenLogProbabilityDetails> streamed = [];
        await foreach (StreamingChatCompletionUpdate update in chat.CompleteChatStreamingAsync(messages, options, Cancel))
        {
            streamed.AddRange(update.ContentTokenLogProbabilities);
        }

        Assert.Equal(whole.ContentTokenLogProbabilities.Select(token => (token.Token, token.LogProbability)), streamed.Select(token => (token.Token, token.LogProbability)));
    }

    [Fact]
    public async Task Completion_WholeAndStreamed()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        OpenAIClient client = Client(gateway);
        const string Body = """{"model":"aria-tiny","prompt":"Once upon a time","seed":9,"max_tokens":16""";
        using JsonDocument whole = JsonDocument.Parse(await SendAsync(client, gateway, Body + "}"));
        string? text = whole.RootElement.GetProperty("choices")[0].GetProperty("text").GetString();
        Assert.NotEqual("", text);

        StringBuilder streamed = new();
        foreach (string line in (await SendAsync(client, gateway, Body + ",\"stream\":true}")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("data: {", StringComparison.Ordinal))
            {
                using JsonDocument chunk = JsonDocument.Parse(line["data: ".Length..]);
                streamed.Append(chunk.RootElement.GetProperty("choices")[0].GetProperty("text").GetString());
            }
        }

        Assert.Equal(text, streamed.ToString());
    }

    [Fact]
    public async Task Models_AreListed()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        OpenAIModelClient models = Client(gateway).GetOpenAIModelClient();
        Assert.Equal("aria-tiny", Assert.Single((await models.GetModelsAsync(Cancel)).Value).Id);
        Assert.Equal("aria", (await models.GetModelAsync("aria-tiny", Cancel)).Value.OwnedBy);
    }

    [Fact]
    public async Task Refusals_ArriveWithTheirReason()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        ClientResultException unknown = await Assert.ThrowsAsync<ClientResultException>(() => Client(gateway).GetChatClient("gpt-4").CompleteChatAsync([new UserChatMessage("hi")], null, Cancel));
        Assert.Equal(404, unknown.Status);
        Assert.Contains("model_not_found", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LeavingAStream_EndsTheGeneration()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        TaskCompletionSource left = new(), ended = new();
        gateway.Node.Generator.Ended = _ => ended.SetResult();
        gateway.Node.Generator.BeforeRelease = async (_, token, _) => await (token == 3 ? left.Task : Task.CompletedTask);
        await foreach (StreamingChatCompletionUpdate update in Client(gateway).GetChatClient("aria-tiny").CompleteChatStreamingAsync([new UserChatMessage("Tell me a story.")], null, Cancel))
        {
            if (update.ContentUpdate.Count > 0)
            {
                break;
            }
        }

        await gateway.Log.LineAsync("answered", Cancel);
        left.SetResult();
        await ended.Task.WaitAsync(Cancel);
    }

    private static OpenAIClient Client(TestGateway gateway) => new(new ApiKeyCredential("none is asked for"), new OpenAIClientOptions
    {
        Endpoint = new Uri(gateway.Server.Url, "/v1"),
        RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
    });

    // The package has no client for plain completions any more; its pipeline, with its headers and policies, still sends one.
    private static async Task<string> SendAsync(OpenAIClient client, TestGateway gateway, string json)
    {
        using BinaryContent body = BinaryContent.Create(BinaryData.FromString(json));
        using PipelineMessage message = client.Pipeline.CreateMessage();
        message.Request.Method = "POST";
        message.Request.Uri = new Uri(gateway.Server.Url, "/v1/completions");
        message.Request.Headers.Set("Content-Type", "application/json");
        message.Request.Content = body;
        await client.Pipeline.SendAsync(message);
        Assert.Equal(200, message.Response!.Status);
        return message.Response.Content.ToString();
    }
}
