using System.Text;
using Aria.Engine.Text;
using Aria.Testing;

namespace Aria.Engine.Tests.Text;

/// <summary>The vocabularies that tests tokenize with, read from fixtures.</summary>
internal static class Vocabularies
{
    public static string AriaTinyPath => Fixtures.Path("data", "models", "default", "aria-tiny.gguf");

    public static Tokenizer AriaTiny => field ??= Read(AriaTinyPath);

    public static ChatTemplate AriaTinyChat => field ??= ChatTemplate.Of((string)Metadata(AriaTinyPath)["tokenizer.chat_template"], "aria-tiny", AriaTiny);

    public static string Gpt2Path => Fixtures.Path("data", "tokenizers", "ggml-vocab-gpt-2.gguf");

    public static Tokenizer Gpt2 => field ??= Read(Gpt2Path);

    public static Dictionary<string, object> Metadata(string path)
    {
        using BinaryReader reader = new(File.OpenRead(path));
        Assert.Equal("GGUF"u8.ToArray(), reader.ReadBytes(4));
        reader.ReadUInt32();
        reader.ReadUInt64();
        ulong pairs = reader.ReadUInt64();
        Dictionary<string, object> metadata = [];
        for (ulong i = 0; i < pairs; i++)
        {
            string key = Text();
            metadata[key] = Value(reader.ReadUInt32());
        }

        return metadata;

        string Text() => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadUInt64()));
        object Value(uint type) => type switch
        {
            4 => reader.ReadUInt32(),
            5 => reader.ReadInt32(),
            6 => reader.ReadSingle(),
            7 => reader.ReadBoolean(),
            8 => Text(),
            9 => Array(reader.ReadUInt32(), reader.ReadUInt64()),
            _ => throw new InvalidDataException($"type {type}"),
        };
        object[] Array(uint type, ulong count) => [.. Enumerable.Range(0, (int)count).Select(_ => Value(type))];
    }

    private static Tokenizer Read(string path)
    {
        Dictionary<string, object> metadata = Metadata(path);
        string[] Strings(string key) => [.. ((object[])metadata[key]).Cast<string>()];
        return new(new Vocabulary(
            Strings("tokenizer.ggml.tokens"),
            [.. ((object[])metadata["tokenizer.ggml.token_type"]).Cast<int>()],
            Strings("tokenizer.ggml.merges"),
            (uint)metadata["tokenizer.ggml.bos_token_id"],
            [(uint)metadata["tokenizer.ggml.eos_token_id"]]));
    }
}
