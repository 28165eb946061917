using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Text;

namespace Aria.Engine.Tests.Models;

public class ModelTokenizerTests
{
    private static GgufMetadata Metadata(string? pre)
    {
        GgufMetadata metadata = new();
        metadata.Add("tokenizer.ggml.model", "gpt2");
        metadata.Add("tokenizer.ggml.tokens", (string[])["<|bos|>", .. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Spell((byte)value).ToString()), "12", "123"]);
        metadata.Add("tokenizer.ggml.token_type", (int[])[3, .. Enumerable.Repeat(1, 258)]);
        metadata.Add("tokenizer.ggml.merges", (string[])["1 2", "12 3"]);
        metadata.Add("tokenizer.ggml.bos_token_id", 0u);
        if (pre is not null)
        {
            metadata.Add("tokenizer.ggml.pre", pre);
        }

        return metadata;
    }

    private static uint[] Encode(string? pre, Func<string?> catalogued) => ModelTokenizer.Read(Metadata(pre), 300, catalogued).Value.Encode("123123");

    [Fact]
    public void TheCataloguesPreTokenizer_HoldsWhereTheFileNamesNone()
    {
        Assert.Equal([258u, 258u], Encode(null, () => "llama-bpe"));
        uint[] single = [1 + '1', 1 + '2', 1 + '3', 1 + '1', 1 + '2', 1 + '3'];
        Assert.Equal(single, Encode(null, () => "falcon_e"));
        Assert.Equal(single, Encode("falcon_e", () => throw new InvalidOperationException("the file says it")));
        Assert.Contains("does not name its pre-tokenizer", Assert.Throws<ModelFormatException>(() => Encode(null, () => null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MoreTokensThanTheEmbeddingHasRows_AreRefusedAtOnce() =>
        Assert.Contains("259 tokens, the embedding only 258", Assert.Throws<ModelFormatException>(() => ModelTokenizer.Read(Metadata("gpt-2"), 258, () => null)).Message, StringComparison.Ordinal);

    [Fact]
    public void AnUnknownKind_IsRefusedOnlyWhenItIsUsed()
    {
        Lazy<Tokenizer> tokenizer = ModelTokenizer.Read(Metadata("qwen2"), 300, () => null);
        Assert.Throws<ModelFormatException>(() => tokenizer.Value);
    }
}
