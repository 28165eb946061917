using System.Text;
using System.Text.Json;
using Aria.Engine;
using Aria.Engine.Text;
using Aria.Gateway.Tests.Network;
using Aria.Gateway.Tests.Streaming;
using Aria.Ledger.Entries;
using Aria.Node;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;

namespace Aria.Gateway.Tests.Endpoints;

/// <summary>Chat and completions through a real pipeline of two nodes.</summary>
public sealed class AnswerEndpointsTests(TestNetwork network)
{
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";
    private const string Greedy = ",\"temperature\":0,\"max_tokens\":12";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_IsAnswered_WithRecordAndHops()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        using HttpResponseMessage response = await gateway.PostAsync(Chat, TestGateway.Chat("Tell me a story.", ",\"seed\":7,\"max_tokens\":10,\"user\":\"me\""));
        Assert.Equal(200, (int)response.StatusCode);
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
        JsonElement answer = document.RootElement;
        Assert.Equal("chat.completion", answer.GetProperty("object").GetString());
        Assert.StartsWith("chatcmpl-", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal($"aria-{NumericSpec.Id}-{network.Model.Id.ToString()[..8]}", answer.GetProperty("system_fingerprint").GetString());
        JsonElement choice = Assert.Single(answer.GetProperty("choices").EnumerateArray());
        Assert.Equal("assistant", choice.GetProperty("message").GetProperty("role").GetString());
        Assert.NotEqual("", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Contains(choice.GetProperty("finish_reason").GetString(), (string[])["stop", "length"]);
        int prompt = network.Model.ChatTemplate.Encode([new("user", "Tell me a story.")]).Length;
        JsonElement usage = answer.GetProperty("usage");
        Assert.Equal(prompt, usage.GetProperty("prompt_tokens").GetInt32());
        Assert.InRange(usage.GetProperty("completion_tokens").GetInt32(), 1, 10);
        Assert.Equal(prompt + usage.GetProperty("completion_tokens").GetInt32(), usage.GetProperty("total_tokens").GetInt32());

        JsonElement aria = answer.GetProperty("aria");
        Assert.Equal(Assert.Single(response.Headers.GetValues("x-aria-job")), aria.GetProperty("job").GetString());
        Assert.Equal("7", aria.GetProperty("seed").GetString());
        Assert.Equal(["user"], aria.GetProperty("ignored").EnumerateArray().Select(name => name.GetString()));
        int layers = network.Model.Shape.Layers;
        Assert.Equal([$"0-{layers / 2}", $"{layers / 2}-{layers}"], aria.GetProperty("hops").EnumerateArray().Select(hop => hop.GetProperty("layers").GetString()));

        // The record of the answer stands in the gateway's log where the answer says.
        long index = aria.GetProperty("ledger").GetProperty("index").GetInt64();
        LedgerEntry entry = await gateway.Node.Ledger.ReadAsync(index, 1, Cancel).SingleAsync(Cancel);
        Assert.Equal(EntryKind.Record, entry.Kind);
        Assert.Equal(OpenStatus.Done, Signed.TryOpen(entry.Payload, out Signed<InferenceRecord>? record));
        Assert.Equal(new RecordId(record!.PayloadDigest).ToString(), aria.GetProperty("record").GetString());
        Assert.Equal(aria.GetProperty("job").GetString(), record.Value.Job.ToString());
        Assert.Equal(record.Value.Attempts.Length, aria.GetProperty("attempts").GetInt32());
    }

    [Theory]
    [InlineData(Chat)]
    [InlineData(Completions)]
    public async Task StreamedAndWhole_AreTheSameText(string path)
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        string Body(string more) => path == Chat ? TestGateway.Chat("Who is Tim?", more) : TestGateway.Completion("Once upon a time", more);
        JsonElement whole = await gateway.AnswerAsync(path, Body(",\"seed\":5,\"max_tokens\":20"));
        JsonElement choice = whole.GetProperty("choices")[0];
        string text = path == Chat ? choice.GetProperty("message").GetProperty("content").GetString()! : choice.GetProperty("text").GetString()!;

        using EventReader events = await gateway.StreamAsync(path, Body(",\"seed\":5,\"max_tokens\":20,\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
        StringBuilder streamed = new();
        string? finish = null;
        JsonElement? totals = null;
        while (await events.NextAsync(Cancel) is { } line && line != "data: [DONE]")
        {
            using JsonDocument document = JsonDocument.Parse(line["data: ".Length..]);
            JsonElement chunk = document.RootElement.Clone();
            if (chunk.GetProperty("choices").GetArrayLength() == 0)
            {
                totals = chunk;
                continue;
            }

            JsonElement part = chunk.GetProperty("choices")[0];
            finish = part.GetProperty("finish_reason").GetString() ?? finish;
            streamed.Append(path == Chat ? part.GetProperty("delta").TryGetProperty("content", out JsonElement content) ? content.GetString() : "" : part.GetProperty("text").GetString());
        }

        Assert.Equal(text, streamed.ToString());
        Assert.Equal(choice.GetProperty("finish_reason").GetString(), finish);
        Assert.Equal(whole.GetProperty("usage").ToString(), totals?.GetProperty("usage").ToString());
        Assert.NotEqual(whole.GetProperty("aria").GetProperty("record").GetString(), totals?.GetProperty("aria").GetProperty("record").GetString());
        Assert.Null(await events.NextAsync(Cancel));
    }

    [Fact]
    public async Task TokenIds_AreTakenAsTheyAre()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        Tokenizer tokenizer = network.Model.Tokenizer;
        string ids = string.Join(',', tokenizer.Encode("Once upon a time"));
        JsonElement byText = await gateway.AnswerAsync(Completions, TestGateway.Completion("Once upon a time", Greedy));
        JsonElement byIds = await gateway.AnswerAsync(Completions, $$"""{"model":"aria-tiny","prompt":[{{ids}}]{{Greedy}}}""");
        JsonElement byBos = await gateway.AnswerAsync(Completions, $$"""{"model":"aria-tiny","prompt":[[{{tokenizer.BeginOfSequence}},{{ids}}]]{{Greedy}}}""");
        Assert.Equal(byText.GetProperty("choices").ToString(), byIds.GetProperty("choices").ToString());
        Assert.Equal(byText.GetProperty("choices").ToString(), byBos.GetProperty("choices").ToString());
        Assert.Equal(byText.GetProperty("usage").ToString(), byBos.GetProperty("usage").ToString());
    }

    [Fact]
    public async Task StopText_EndsTheAnswer_AndIsNotPartOfIt()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        string whole = (await gateway.AnswerAsync(Completions, TestGateway.Completion("Once upon a time", Greedy))).GetProperty("choices")[0].GetProperty("text").GetString()!;
        string stop = whole.Substring(whole.Length / 2, 3);
        JsonElement choice = (await gateway.AnswerAsync(Completions, TestGateway.Completion("Once upon a time", $",\"stop\":{JsonSerializer.Serialize(stop)}{Greedy}"))).GetProperty("choices")[0];
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], choice.GetProperty("text").GetString());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task WildText_LeavesInWholeCharacters_AndIsThatOfItsTokens()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        for (int seed = 1; seed <= 4; seed++)
        {
            using EventReader events = await gateway.StreamAsync(Completions, TestGateway.Completion("é🌍", $",\"temperature\":2,\"seed\":{seed},\"max_tokens\":40,\"stream\":true"));
            StringBuilder text = new();
            JsonElement chunk = await events.NextJsonAsync(Cancel);
            while (chunk.GetProperty("choices")[0] is var choice && choice.GetProperty("finish_reason").ValueKind == JsonValueKind.Null)
            {
                string piece = choice.GetProperty("text").GetString()!;
                Assert.NotEqual("", piece);
                Assert.False(char.IsLowSurrogate(piece[0]) || char.IsHighSurrogate(piece[^1]));
                text.Append(piece);
                chunk = await events.NextJsonAsync(Cancel);
            }

            Assert.True(RecordId.TryParse(chunk.GetProperty("aria").GetProperty("record").GetString(), out RecordId record));
            Assert.Equal(network.Model.Tokenizer.Decode(gateway.Node.Openings.Find(record)!.Output.AsSpan()), text.ToString());
        }
    }

    [Fact]
    public async Task CompletionWithoutALimit_HasSixteenTokens()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        JsonElement answer = await gateway.AnswerAsync(Completions, TestGateway.Completion("Once upon a time", ",\"temperature\":0"));
        Assert.Equal(16, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Equal("length", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task TokenFourWithheld_ThreeHaveArrived()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        TaskCompletionSource reached = new(), release = new();
        gateway.Node.Generator.BeforeRelease = async (_, token, _) =>
        {
            if (token == 4)
            {
                reached.TrySetResult();
                await release.Task;
            }
        };
        using EventReader events = await gateway.StreamAsync(Chat, TestGateway.Chat("Tell me a story.", ",\"stream\":true" + Greedy));
        Assert.Equal("assistant", Delta(await events.NextJsonAsync(Cancel)).GetProperty("role").GetString());
        for (int i = 0; i < 3; i++)
        {
            Assert.NotEqual("", Delta(await events.NextJsonAsync(Cancel)).GetProperty("content").GetString());
        }

        await reached.Task.WaitAsync(Cancel);
        Task<string?> next = events.NextAsync(Cancel);
        Assert.False(next.IsCompleted);
        release.SetResult();
        Assert.Contains("\"content\"", await next, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StageHeldAfterTokenThree_ThreeHaveArrived_AndTheTextGoesOn()
    {
        await using GatedNetwork gated = await GatedNetwork.StartAsync(network);
        TestGateway gateway = gated.Gateway;
        JsonElement reference = await gateway.AnswerAsync(Completions, TestGateway.Completion("Once upon a time", Greedy));
        gateway.Node.Generator.BeforeRelease = (_, token, _) =>
        {
            if (token == 3)
            {
                gated.Gate.Shut();      // the input for token 4 is not sent before token 3 is released
            }

            return default;
        };
        using EventReader events = await gateway.StreamAsync(Completions, TestGateway.Completion("Once upon a time", ",\"stream\":true" + Greedy));
        StringBuilder text = new();
        for (int i = 0; i < 3; i++)
        {
            text.Append((await events.NextJsonAsync(Cancel)).GetProperty("choices")[0].GetProperty("text").GetString());
        }

        Task<JsonElement> next = events.NextJsonAsync(Cancel);
        Assert.False(next.IsCompleted);
        gated.Gate.Open();
        JsonElement chunk = await next;
        while (chunk.GetProperty("choices")[0].GetProperty("finish_reason").ValueKind == JsonValueKind.Null)
        {
            text.Append(chunk.GetProperty("choices")[0].GetProperty("text").GetString());
            chunk = await events.NextJsonAsync(Cancel);
        }

        Assert.Equal(reference.GetProperty("choices")[0].GetProperty("text").GetString(), text.ToString());
    }

    [Fact]
    public async Task StageLostAtTokenThree_TheTextGoesOn_AsIfNothingHadHappened()
    {
        int layers = network.Model.Shape.Layers;
        await using AriaNode staying = await network.StartNodeAsync(StageSpan.Whole(layers), bootstrap: []);
        AriaNode leaving = await network.StartNodeAsync(StageSpan.Whole(layers), bootstrap: staying.Addresses);
        await using TestGateway gateway = await TestGateway.StartAsync(await network.StartNodeAsync(null, bootstrap: staying.Addresses), findRoute: true);
        await TestGateway.KnowsAsync(gateway.Node, staying.Id, leaving.Id);
        JsonElement reference = await gateway.AnswerAsync(Completions, TestGateway.Completion("Once upon a time", Greedy));

        // Whichever of the two runs the request is the one that goes.
        AriaNode? gone = null;
        gateway.Node.Generator.BeforeRelease = async (_, token, plan) =>
        {
            if (token == 3 && gone is null)
            {
                gone = plan.Stages[0].Node == staying.Id ? staying : leaving;
                await gone.DisposeAsync();
            }
        };
        JsonElement answer = await gateway.AnswerAsync(Completions, TestGateway.Completion("Once upon a time", Greedy));
        await leaving.DisposeAsync();
        Assert.Equal(reference.GetProperty("choices").ToString(), answer.GetProperty("choices").ToString());
        Assert.Equal(reference.GetProperty("usage").ToString(), answer.GetProperty("usage").ToString());
        JsonElement aria = answer.GetProperty("aria");
        Assert.Equal(2, aria.GetProperty("attempts").GetInt32());
        Assert.NotEqual(gone!.Id.ToString(), Assert.Single(aria.GetProperty("hops").EnumerateArray()).GetProperty("node").GetString());
    }

    [Fact]
    public async Task LastStageLost_TheStreamSaysWhatIsMissing_AndBreaksOff()
    {
        int layers = network.Model.Shape.Layers;
        AriaNode only = await network.StartNodeAsync(StageSpan.Whole(layers), bootstrap: []);
        await using TestGateway gateway = await TestGateway.StartAsync(await network.StartNodeAsync(null, bootstrap: only.Addresses), findRoute: true);
        gateway.Node.Generator.BeforeRelease = async (_, token, _) =>
        {
            if (token == 3)
            {
                await only.DisposeAsync();
            }
        };
        using EventReader events = await gateway.StreamAsync(Completions, TestGateway.Completion("Once upon a time", ",\"stream\":true" + Greedy));
        for (int i = 0; i < 3; i++)
        {
            Assert.NotEqual("", (await events.NextJsonAsync(Cancel)).GetProperty("choices")[0].GetProperty("text").GetString());
        }

        JsonElement error = (await events.NextJsonAsync(Cancel)).GetProperty("error");
        Assert.Equal("no_route", error.GetProperty("code").GetString());
        Assert.Contains($"layers [0,{layers})", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<IOException>(() => events.NextAsync(Cancel));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ClientThatLeaves_EndsTheGeneration_AndTheRecordSaysSo(bool stream)
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        TaskCompletionSource reached = new(), noticed = new(), ended = new();
        gateway.Node.Generator.Ended = _ => ended.SetResult();
        gateway.Node.Generator.BeforeRelease = async (_, token, _) =>
        {
            if (token == 3)
            {
                reached.SetResult();
                await noticed.Task;
            }
        };
        using CancellationTokenSource leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using HttpRequestMessage request = new(HttpMethod.Post, Chat)
        {
            Content = new StringContent(TestGateway.Chat("Tell me a story.", $",\"temperature\":0,\"stream\":{(stream ? "true" : "false")}"), Encoding.UTF8, "application/json"),
        };
        Task<HttpResponseMessage> answer = gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
        await reached.Task.WaitAsync(Cancel);
        if (stream)
        {
            (await answer).Dispose();
        }
        else
        {
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        }

        await gateway.Log.LineAsync($"POST {Chat} answered", Cancel);
        noticed.SetResult();
        await ended.Task.WaitAsync(Cancel);
        LedgerEntry last = await gateway.Node.Ledger.ReadAsync(gateway.Node.Ledger.Head.Size - 1, 1, Cancel).SingleAsync(Cancel);
        Assert.Equal(OpenStatus.Done, Signed.TryOpen(last.Payload, out Signed<InferenceRecord>? record));
        Assert.Equal(FinishReason.Cancelled, record!.Value.Finish);
        Assert.Equal(3, record.Value.CompletionTokens);
    }

    private static JsonElement Delta(JsonElement chunk) => chunk.GetProperty("choices")[0].GetProperty("delta");

    /// <summary>A network of its own whose one stage can be held.</summary>
    private sealed class GatedNetwork(AriaNode stage, GatedTransport gate, TestGateway gateway) : IAsyncDisposable
    {
        public GatedTransport Gate => gate;

        public TestGateway Gateway => gateway;

        public static async Task<GatedNetwork> StartAsync(TestNetwork network)
        {
            GatedTransport? gate = null;
            AriaNode stage = await network.StartNodeAsync(StageSpan.Whole(network.Model.Shape.Layers), inner => gate = new(inner), bootstrap: []);
            AriaNode node = await network.StartNodeAsync(null, bootstrap: stage.Addresses);
            return new(stage, gate!, await TestGateway.StartAsync(node, findRoute: true));
        }

        public async ValueTask DisposeAsync()
        {
            gate.Open();
            await gateway.DisposeAsync();
            await stage.DisposeAsync();
        }
    }
}
