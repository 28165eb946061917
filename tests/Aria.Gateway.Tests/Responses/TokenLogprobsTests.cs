using System.Text;
using System.Text.Json;
using Aria.Engine.Models;
using Aria.Engine.Text;
using Aria.Gateway.Responses;
using Aria.Node.Generation;

namespace Aria.Gateway.Tests.Responses;

public sealed class TokenLogprobsTests : IDisposable
{
    private const uint FirstByte = 5;   // in aria-tiny the tokens of the bytes follow five control tokens

    private static readonly AnswerHead Head = new("id-1", 5, "m", "f");

    private readonly ModelFile _model = ModelFile.Open("aria-tiny");

    private Tokenizer Tokenizer => _model.Tokenizer;

    public void Dispose() => _model.Dispose();

    // A quote, the first byte of an e acute, a control token and an id beyond the vocabulary, in this order.
    private TokenLogProbability[] Tokens() =>
    [
        new(FirstByte + '"', 0, -0.5, [new(FirstByte + '"', -0.5), new(FirstByte + 'a', -1)]),
        new(FirstByte + 0xc3, 1, -3, [new(FirstByte + 'b', -0.25), new(Tokenizer.EndTokens.First(), -2), new(FirstByte + 'c', -2.5)]),
        new(2048, 1, -4, []),
    ];

    [Fact]
    public void AChat_HasAnEntryForEachToken_WithItsBytes()
    {
        string json = Encoding.UTF8.GetString(new ChatFormat(Head, new(Tokenizer, 2)).Piece("\"", Tokens()));
        string end = Tokenizer.NameOf(Tokenizer.EndTokens.First());
        Assert.Equal(
            """{"content":[{"token":"\"","logprob":-0.5,"bytes":[34],"top_logprobs":[{"token":"\"","logprob":-0.5,"bytes":[34]},{"token":"a","logprob":-1,"bytes":[97]}]},"""
            + """{"token":"bytes:\\xc3","logprob":-3,"bytes":[195],"top_logprobs":[{"token":"b","logprob":-0.25,"bytes":[98]},{"token":"END","logprob":-2,"bytes":null}]},""".Replace("END", end, StringComparison.Ordinal)
            + """{"token":"<2048>","logprob":-4,"bytes":null,"top_logprobs":[]}],"refusal":null}""",
            Logprobs(json).ToString());
    }

    [Fact]
    public void ACompletion_HasLists_InWhichTheChosenTokenStands()
    {
        string json = Encoding.UTF8.GetString(new CompletionFormat(Head, new(Tokenizer, 1)).Piece("\"", Tokens()));
        Assert.Equal(
            """{"tokens":["\"","bytes:\\xc3","<2048>"],"token_logprobs":[-0.5,-3,-4],"top_logprobs":[{"\"":-0.5},{"b":-0.25,"bytes:\\xc3":-3},{"<2048>":-4}],"text_offset":[0,1,1]}""",
            Logprobs(json).ToString());
    }

    [Fact]
    public void WithoutOthers_TheTokensOwnAreTold()
    {
        JsonElement chat = Logprobs(Encoding.UTF8.GetString(new ChatFormat(Head, new(Tokenizer, 0)).Piece("\"", Tokens())));
        Assert.All(chat.GetProperty("content").EnumerateArray(), token => Assert.Empty(token.GetProperty("top_logprobs").EnumerateArray()));
        JsonElement text = Logprobs(Encoding.UTF8.GetString(new CompletionFormat(Head, new(Tokenizer, 0)).Piece("\"", Tokens())));
        Assert.Equal(JsonValueKind.Null, text.GetProperty("top_logprobs").ValueKind);
        Assert.Equal(3, text.GetProperty("token_logprobs").GetArrayLength());
    }

    [Fact]
    public void UnaskedFor_TheyAreNull()
    {
        Assert.Equal(JsonValueKind.Null, Logprobs(Encoding.UTF8.GetString(new ChatFormat(Head).Piece("x", Tokens()))).ValueKind);
        Assert.Equal(JsonValueKind.Null, Logprobs(Encoding.UTF8.GetString(new CompletionFormat(Head, new(Tokenizer, 1)).Piece("x", []))).ValueKind);
    }

    private static JsonElement Logprobs(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("choices")[0].GetProperty("logprobs").Clone();
    }
}
