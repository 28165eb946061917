using System.Text.Json;
using Aria.Gateway.Tests.Network;
using Aria.Gateway.Tests.Streaming;

namespace Aria.Gateway.Tests.Endpoints;

/// <summary>Penalties and log-probabilities through a real pipeline of two nodes.</summary>
public sealed class PenaltyEndpointsTests(TestNetwork network)
{
    private const string Completions = "/v1/completions";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Penalties_ChangeTheText_TheSameWayEachTime()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        const string Greedy = ",\"temperature\":0,\"max_tokens\":40";
        string plain = await TextAsync(gateway, Greedy);
        Assert.Equal(plain, await TextAsync(gateway, Greedy + ",\"repetition_penalty\":1,\"frequency_penalty\":0,\"presence_penalty\":0"));
        foreach (string penalty in (string[])["\"repetition_penalty\":1.5", "\"frequency_penalty\":2", "\"presence_penalty\":2"])
        {
            string changed = await TextAsync(gateway, $"{Greedy},{penalty}");
            Assert.NotEqual(plain, changed);
            Assert.Equal(changed, await TextAsync(gateway, $"{Greedy},{penalty}"));
        }
    }

    // What a negative frequency penalty rewards comes again and again.
    [Fact]
    public async Task ANegativePenalty_Repeats()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        JsonElement choice = await ChoiceAsync(gateway, ",\"temperature\":0,\"max_tokens\":40,\"frequency_penalty\":-2,\"presence_penalty\":-2,\"logprobs\":0");
        string[] tokens = [.. choice.GetProperty("logprobs").GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!)];
        Assert.InRange(tokens.Distinct().Count(), 1, tokens.Length / 2);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"stop\":[\"a\",\"the\"]")]
    [InlineData(",\"stop\":\" l\"")]
    public async Task Logprobs_AreThoseOfTheText_StreamedAndWhole(string stop)
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        string wish = ",\"seed\":7,\"max_tokens\":24,\"logprobs\":3,\"repetition_penalty\":1.1" + stop;
        JsonElement choice = await ChoiceAsync(gateway, wish);
        string text = choice.GetProperty("text").GetString()!;
        JsonElement whole = choice.GetProperty("logprobs");
        string[] tokens = Strings(whole, "tokens");
        Assert.StartsWith(text, string.Concat(tokens), StringComparison.Ordinal);
        long[] offsets = [.. whole.GetProperty("text_offset").EnumerateArray().Select(offset => offset.GetInt64())];
        Assert.Equal(tokens.Select((_, i) => (long)string.Concat(tokens[..i]).Length), offsets);
        Assert.True(tokens.Length == 0 || offsets[^1] < text.Length);
        Assert.Equal(tokens.Length, whole.GetProperty("token_logprobs").GetArrayLength());
        for (int i = 0; i < tokens.Length; i++)
        {
            JsonElement top = whole.GetProperty("top_logprobs")[i];
            Assert.Equal(whole.GetProperty("token_logprobs")[i].GetDouble(), top.GetProperty(tokens[i]).GetDouble());
            Assert.InRange(top.GetPropertyCount(), 3, 4);
        }

        List<string> streamed = [];
        string joined = "";
        using EventReader events = await gateway.StreamAsync(Completions, TestGateway.Completion("Once upon a time", wish + ",\"stream\":true"));
        while (await events.NextAsync(Cancel) is { } line && line != "data: [DONE]")
        {
            using JsonDocument document = JsonDocument.Parse(line["data: ".Length..]);
            JsonElement part = document.RootElement.GetProperty("choices")[0];
            joined += part.GetProperty("text").GetString();
            if (part.GetProperty("logprobs") is { ValueKind: JsonValueKind.Object } some)
            {
                streamed.AddRange(some.GetProperty("tokens").EnumerateArray().Select((token, i) => $"{token} {some.GetProperty("token_logprobs")[i]} {some.GetProperty("text_offset")[i]}"));
                Assert.True(string.Concat(streamed.Select(entry => entry.Split(' ')[0])).Length <= joined.Length);      // never before their text
            }
        }

        Assert.Equal(text, joined);
        Assert.Equal(tokens.Select((token, i) => $"{token} {whole.GetProperty("token_logprobs")[i]} {offsets[i]}"), streamed);
    }

    [Fact]
    public async Task TheTemperature_DoesNotChangeLogprobs()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        string[] firsts = new string[2];
        for (int i = 0; i < 2; i++)
        {
            JsonElement choice = await ChoiceAsync(gateway, $",\"temperature\":{2 * i},\"max_tokens\":1,\"logprobs\":20");
            firsts[i] = string.Join(' ', choice.GetProperty("logprobs").GetProperty("top_logprobs")[0].EnumerateObject().Take(20).Select(one => $"{one.Name}={one.Value}"));
        }

        Assert.Equal(firsts[0], firsts[1]);
    }

    private static async Task<JsonElement> ChoiceAsync(TestGateway gateway, string more) =>
        (await gateway.AnswerAsync(Completions, TestGateway.Completion("Once upon a time", more))).GetProperty("choices")[0];

    private static async Task<string> TextAsync(TestGateway gateway, string more) => (await ChoiceAsync(gateway, more)).GetProperty("text").GetString()!;

    private static string[] Strings(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(one => one.GetString()!)];
}
