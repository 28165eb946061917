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

    public static Tokenizer Falcon => field ??= Read(Fixtures.Path("data", "tokenizers", "ggml-vocab-falcon.gguf"));

    public static Tokenizer Llama2 => field ??= Read(Fixtures.Path("data", "tokenizers", "ggml-vocab-llama-spm.gguf"));

    public static Tokenizer Llama3 => field ??= Tokenizer.Of(Llama3Vocabulary.Read(Fixtures.Path("data", "tokenizers", "llama3-tiktoken.model")));

    /// <summary>Falcon's vocabulary under Falcon-E's pre-tokenizer, whose own vocabulary is not to be had.</summary>
    public static Tokenizer FalconEdgeSplit => field ??=
        Tokenizer.Of(MetadataOf(Fixtures.Path("data", "tokenizers", "ggml-vocab-falcon.gguf")) with { Pre = "falcon_e" });

    /// <summary>Bytes alone, with markers for roles: <c>&lt;|user|&gt;</c> is 3, <c>&lt;|assistant|&gt;</c> 4, a newline 6, an a 7.</summary>
    public static TokenizerMetadata Marked { get; } = new()
    {
        Model = "gpt2",
        Pre = "gpt-2",
        Tokens =
        [
            "<|endoftext|>", "<|bos|>", "<|system|>", "<|user|>", "<|assistant|>", "<|pad|>", "Ċ", "a",
            .. Enumerable.Range(0, 256).Where(b => b is not ('\n' or 'a')).Select(b => ByteAlphabet.Spell((byte)b).ToString()),
        ],
        TokenTypes = [3, 3, 3, 3, 3, 3, .. Enumerable.Repeat(1, 256)],
        Merges = [],
        BeginOfSequence = 1,
        EndOfSequence = 0,
    };

    public static Dictionary<string, object> Metadata(string path) => GgufHead.Read(File.OpenRead(path)).Metadata;

    public static Tokenizer Read(string path) => Tokenizer.Of(MetadataOf(path));

    public static TokenizerMetadata MetadataOf(string path)
    {
        Dictionary<string, object> metadata = Metadata(path);
        T[]? All<T>(string key) => metadata.TryGetValue("tokenizer.ggml." + key, out object? values) ? [.. ((object[])values).Cast<T>()] : null;
        T? One<T>(string key)
            where T : struct => metadata.TryGetValue("tokenizer.ggml." + key, out object? value) ? (T)value : null;
        return new()
        {
            Model = (string)metadata["tokenizer.ggml.model"],
            Pre = (string)metadata["tokenizer.ggml.pre"],
            Tokens = All<string>("tokens")!,
            TokenTypes = All<int>("token_type"),
            Scores = All<float>("scores"),
            Merges = All<string>("merges"),
            BeginOfSequence = One<uint>("bos_token_id"),
            EndOfSequence = One<uint>("eos_token_id"),
            Unknown = One<uint>("unknown_token_id"),
        };
    }
}
