using Aria.Engine.Text;
using Aria.Testing;

namespace Aria.Engine.Tests.Text;

/// <summary>Texts and ids of another implementation, for each kind of tokenizer over its real vocabulary.</summary>
public class ReferenceIdTests
{
    public static TheoryData<string> Names => ["gpt-2", "falcon", "llama-spm", "llama-bpe"];

    private static Tokenizer Of(string name) => name switch
    {
        "gpt-2" => Vocabularies.Gpt2,
        "falcon" => Vocabularies.Falcon,
        "llama-spm" => Vocabularies.Llama2,
        _ => Vocabularies.Llama3,
    };

    private static (string Text, uint[] Ids)[] Pairs(string name)
    {
        string path = Fixtures.Path("data", "tokenizers", $"ggml-vocab-{name}.gguf.inp");
        string[] texts = File.ReadAllText(path).Split("\n__ggml_vocab_test__\n");
        uint[][] ids =
        [
            .. File.ReadAllText(Path.ChangeExtension(path, "out")).Split('\n')
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(uint.Parse).ToArray()),
        ];
        return [.. texts.Zip(ids[..texts.Length])];
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryText_GivesTheExpectedIds_AndComesBack(string name)
    {
        Tokenizer tokenizer = Of(name);
        (string Text, uint[] Ids)[] pairs = Pairs(name);
        Assert.Equal(47, pairs.Length);
        Assert.All(pairs, pair =>
        {
            Assert.Equal(pair.Ids, tokenizer.Encode(pair.Text));
            Assert.Equal(pair.Text, tokenizer.Decode(pair.Ids));
        });
    }

    [Fact]
    public void Llama3sMerges_AreAsManyAsItsFilesHave() =>
        Assert.Equal(280_147, Llama3Vocabulary.Read(Fixtures.Path("data", "tokenizers", "llama3-tiktoken.model")).Merges!.Count);
}
