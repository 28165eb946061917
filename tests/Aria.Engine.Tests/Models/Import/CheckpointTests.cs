using System.Text.Json;
using System.Text.Json.Nodes;
using Aria.Engine.Models;
using Aria.Engine.Models.Import;
using Aria.Engine.Text;
using Aria.Testing;

namespace Aria.Engine.Tests.Models.Import;

/// <summary>Checkpoints of every packing become the GGUF that they came from; everything else is refused.</summary>
public class CheckpointTests
{
    private const int Rows = 104;       // more than the tokenizer has

    public static TheoryData<string, int, int> Cases
    {
        get
        {
            TheoryData<string, int, int> all = [];
            foreach (string architecture in (string[])["llama", "bitnet", "bitnet-25"])
            {
                foreach (Packing packing in Enum.GetValues<Packing>())
                {
                    all.Add(architecture, (int)packing, packing == Packing.Masters ? 3 : 1);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ACheckpoint_BecomesTheModelItCameFrom_WeightForWeight(string architecture, int packing, int shards)
    {
        NanoModel nano = SmallCheckpoint.Nano(architecture) with { Vocabulary = Rows };
        using CheckpointFiles files = SmallCheckpoint.Write(nano, (Packing)packing, shards);
        using ModelFile expected = nano.Open();
        using ModelFile found = Import(files);
        Assert.Equal(expected.Shape, found.Shape);
        Assert.Equal(architecture, found.Architecture);
        Assert.All(Enumerable.Range(0, nano.Layers), layer => Assert.Equal(expected.LayerDigest(layer), found.LayerDigest(layer)));
        Assert.Equal(Path.GetFileName(files.Folder), found.Name);
        Assert.Equal(new HashSet<uint> { 1 }, found.Tokenizer.EndTokens);
        Assert.Equal("Hi there", found.Tokenizer.Decode(found.Tokenizer.Encode("Hi there")));
    }

    [Fact]
    public void MasterWeights_AreQuantisedByAbsmean_TiesToEven()
    {
        // Magnitudes 1/2, 1, 3/2, 1 of mean 1: halves round to zero, the rest to one; the scale is the mean.
        float[] row = [.. Enumerable.Range(0, 128).Select(i => (i % 4) switch { 0 => 0.5f, 1 => -1f, 2 => 1.5f, _ => 1f })];
        Codes(row, master: true, out float scale, out byte[] codes, out string packing);
        Assert.Equal("master weights, by absmean", packing);
        Assert.Equal(1f, scale);
        Assert.Equal(Enumerable.Range(0, 128).Select(i => (byte)((i % 4) switch { 0 => 1, 1 => 0, _ => 2 })), codes);

        // Of one magnitude they are what they are: the mean would be another scale.
        Codes([.. row.Select(value => MathF.Abs(value) < 1 ? 0 : MathF.Sign(value) * 3f)], master: true, out scale, out codes, out packing);
        Assert.Equal("ternary numbers", packing);
        Assert.Equal(3f, scale);
        Assert.Throws<ModelFormatException>(() => Codes(row, master: false, out _, out _, out _));
    }

    [Theory]
    [InlineData(NumberFormat.Auto, 2)]
    [InlineData(NumberFormat.F16, 2)]
    [InlineData(NumberFormat.BF16, 2)]
    [InlineData(NumberFormat.F32, 4)]
    public void EmbeddingAndHead_AreStoredAsAsked(NumberFormat numbers, int bytes)
    {
        NanoModel nano = SmallCheckpoint.Nano("llama") with { Vocabulary = Rows };
        using CheckpointFiles files = SmallCheckpoint.Write(nano, Packing.PackedDivided);
        using ModelFile found = Import(files, new() { Numbers = numbers });
        Assert.Equal(bytes * nano.Dim, found.Tensors.Embedding.RowBytes);
        Assert.Equal(bytes * nano.Dim, found.Tensors.OwnHead!.RowBytes);
    }

    [Fact]
    public void TheFixture_ThroughSafetensors_IsTheSameModel()
    {
        string tokenizer = HkustModel.Tokenizer;
        using ModelFile direct = NanoModel.Open(HkustModel.Convert());
        foreach (Packing packing in (Packing[])[Packing.PackedMultiplied, Packing.TernaryF32])
        {
            using CheckpointFiles files = SmallCheckpoint.Write(direct, packing);
            files.Config.Remove("bos_token_id");
            files.Config.Remove("eos_token_id");
            files.Write();
            using ModelFile found = Import(files, new() { Tokenizer = tokenizer, Numbers = NumberFormat.F32 });
            Assert.Equal(direct.Id, found.Id);
        }
    }

    [Fact]
    public void TheFixturesTokenizer_IsWhatItsOtherFileSays()
    {
        using BinaryReader reader = new(File.OpenRead(Fixtures.Path("data", "models", "hkust-tok512.bin")));
        TokenizerMetadata tokenizer = SentencePieceModel.Parse(File.ReadAllBytes(HkustModel.Tokenizer));
        reader.ReadInt32();
        for (int id = 0; id < tokenizer.Tokens.Count; id++)
        {
            float score = reader.ReadSingle();
            string text = System.Text.Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32()));
            if (tokenizer.TokenTypes![id] == (int)TokenKind.Normal)
            {
                Assert.Equal((text.Replace(' ', '\u2581'), score), (tokenizer.Tokens[id], tokenizer.Scores![id]));
            }
        }

        Assert.Equal((1u, 2u, 0u), (tokenizer.BeginOfSequence, tokenizer.EndOfSequence, tokenizer.Unknown));
    }

    public static TheoryData<string, string> Refusals => new()
    {
        { "no config", "holds no config.json" }, { "config is text", "config.json is not as it should be" }, { "config is a list", "no JSON object" }, { "key twice", "not as it should be" },
        { "architecture", "'GPT2LMHeadModel' is not known" }, { "no architecture", "no one architecture" }, { "method", "method 'gptq'" }, { "rope scaling", "scaled rotary positions" },
        { "bias", "asks for biases" }, { "inner norm", "norm inside every matrix" }, { "activation", "activation 'gelu'" }, { "heads", "do not fit a width" }, { "epsilon", "the norms' epsilon" },
        { "layers", "'num_hidden_layers' is 0" }, { "no weights", "holds neither" }, { "missing shard", "which is missing" }, { "shard elsewhere", "no safetensors file beside it" },
        { "cut short", "cut short" }, { "head too long", "claims a head" }, { "tensor twice", "stands in two files" }, { "missing tensor", "'model.layers.1.mlp.up_proj.weight' is missing" },
        { "tensor too many", "'model.layers.0.self_attn.q_proj.bias' has no place" }, { "wrong size", "should be" }, { "wrong type", "should be" }, { "packed size", "four rows" },
        { "no scale", "has no scale" }, { "scale zero", "is 0" }, { "code 3", "unused code 3" }, { "not finite", "holds NaN" }, { "not ternary", "does not say that the model was trained ternary" },
        { "too large", "too large for F16" }, { "no tokenizer", "neither tokenizer.model nor tokenizer.json" }, { "named tokenizer", "There is no tokenizer" }, { "more tokens", "only 104 rows" },
        { "split", "not recognised" }, { "normaliser", "a normalizer" }, { "byte fallback", "tokenizer.model is needed" }, { "hole", "is no token" }, { "overlap", "inside the tensor" }, { "gap", "with a hole" },
        { "tail", "the tensors end at byte" }, { "dtype", "has the type 'F8_E4M3'" }, { "bytes", "are needed" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void AWrongCheckpoint_IsRefused_SayingWhatIsWrong(string wrong, string message)
    {
        NanoModel nano = SmallCheckpoint.Nano("llama") with { Vocabulary = Rows };
        bool unpacked = wrong is "not finite" or "not ternary";
        using CheckpointFiles files = SmallCheckpoint.Write(nano, unpacked ? Packing.TernaryF32 : Packing.PackedDivided);
        CheckpointOptions options = Break(files, wrong);
        string said = Assert.Throws<ModelFormatException>(() => Import(files, options).Dispose()).Message;
        Assert.Contains(message, said, StringComparison.Ordinal);
    }

    private static CheckpointOptions Break(CheckpointFiles files, string wrong)
    {
        const string query = "model.layers.0.self_attn.q_proj.weight";
        JsonObject config = files.Config;
        var tensors = files.Tensors;
        void Tokenizer(Action<JsonObject> change)
        {
            JsonObject tokenizer = SmallCheckpoint.Tokenizer(96);
            change(tokenizer);
            File.WriteAllText(files.File("tokenizer.json"), tokenizer.ToJsonString());
        }

        switch (wrong)
        {
            case "architecture": config["architectures"] = new JsonArray("GPT2LMHeadModel"); break;
            case "no architecture": config["architectures"] = new JsonArray(); break;
            case "method": config["quantization_config"] = new JsonObject { ["quant_method"] = "gptq" }; break;
            case "rope scaling": config["rope_scaling"] = new JsonObject { ["factor"] = 8.0 }; break;
            case "bias": config["attention_bias"] = true; break;
            case "inner norm": config["quantization_config"]!["use_rms_norm"] = true; break;
            case "activation": config["hidden_act"] = "gelu"; break;
            case "heads": config["num_key_value_heads"] = 3; break;
            case "epsilon": config["rms_norm_eps"] = 0; break;
            case "layers": config["num_hidden_layers"] = 0; break;
            case "missing tensor": tensors.Remove("model.layers.1.mlp.up_proj.weight"); break;
            case "tensor too many": files.Add("model.layers.0.self_attn.q_proj.bias", "F32", [128], new byte[512]); break;
            case "wrong size": files.Add("model.norm.weight", "F32", [64], new byte[256]); break;
            case "wrong type": files.Add("model.norm.weight", "I32", [128], new byte[512]); break;
            case "packed size": files.Add(query, "U8", [64, 64], new byte[64 * 64]); break;
            case "no scale": tensors.Remove("model.layers.0.self_attn.q_proj.weight_scale"); break;
            case "scale zero": files.Add("model.layers.0.self_attn.q_proj.weight_scale", "F32", [1], new byte[4]); break;
            case "code 3": tensors[query].Data[100] = 0xff; break;
            case "not finite": BitConverter.TryWriteBytes(tensors[query].Data.AsSpan(40), float.NaN); break;
            case "not ternary": BitConverter.TryWriteBytes(tensors[query].Data.AsSpan(40), 0.1f); break;
            case "too large": files.Add("lm_head.weight", "F32", [Rows, 128], CheckpointFiles.Bytes(Enumerable.Repeat(70_000f, Rows * 128))); break;
            case "more tokens": Tokenizer(tokenizer => tokenizer["model"] = SmallCheckpoint.Tokenizer(Rows + 1)["model"]!.DeepClone()); break;
            case "split": Tokenizer(tokenizer => tokenizer["pre_tokenizer"] = new JsonObject { ["type"] = "Whitespace" }); break;
            case "normaliser": Tokenizer(tokenizer => tokenizer["normalizer"] = new JsonObject { ["type"] = "NFC" }); break;
            case "byte fallback": Tokenizer(tokenizer => tokenizer["model"]!["byte_fallback"] = true); break;
            case "hole": Tokenizer(tokenizer => tokenizer["model"]!["vocab"]!.AsObject().Remove("a")); break;
            default: break;
        }

        files.Write();
        string file = files.File("model.safetensors");
        void Head(Action<JsonObject> change, int more = 0)
        {
            byte[] bytes = File.ReadAllBytes(file);
            int length = (int)BitConverter.ToUInt64(bytes);
            JsonObject head = JsonNode.Parse(bytes.AsSpan(8, length))!.AsObject();
            change(head);
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(head);
            File.WriteAllBytes(file, [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. bytes[(8 + length)..], .. new byte[more]]);
        }

        switch (wrong)
        {
            case "no config": File.Delete(files.File("config.json")); break;
            case "config is text": File.WriteAllText(files.File("config.json"), "no JSON"); break;
            case "config is a list": File.WriteAllText(files.File("config.json"), "[]"); break;
            case "key twice": File.WriteAllText(files.File("config.json"), """{"a":1,"a":2}"""); break;
            case "no weights": File.Delete(file); break;
            case "missing shard": files.Write(shards: 2); File.Delete(files.File("model-00002-of-00002.safetensors")); break;
            case "shard elsewhere": File.WriteAllText(files.File("model.safetensors.index.json"), """{"weight_map":{"a":"../a.safetensors"}}"""); break;
            case "cut short": File.WriteAllBytes(file, File.ReadAllBytes(file)[..^1]); break;
            case "head too long": File.WriteAllBytes(file, [.. BitConverter.GetBytes(1UL << 40), 0]); break;
            case "tensor twice": File.Copy(file, files.File("two.safetensors")); File.WriteAllText(files.File("model.safetensors.index.json"), """{"weight_map":{"a":"model.safetensors","b":"two.safetensors"}}"""); break;
            case "no tokenizer": File.Delete(files.File("tokenizer.json")); break;
            case "named tokenizer": return new() { Tokenizer = files.File("other.model") };
            case "overlap": Head(head => Shift(head, -4)); break;
            case "gap": Head(head => Shift(head, 4), more: 4); break;
            case "tail": Head(_ => { }, more: 4); break;
            case "dtype": Head(head => head["model.norm.weight"]!["dtype"] = "F8_E4M3"); break;
            case "bytes": Head(head => head["model.norm.weight"]!["shape"] = new JsonArray(64)); break;
            default: break;
        }

        return new();
    }

    private static void Shift(JsonObject head, long by)
    {
        foreach ((string name, JsonNode? entry) in head.Where(entry => entry.Key.StartsWith("model.layers", StringComparison.Ordinal)))
        {
            JsonArray offsets = entry!["data_offsets"]!.AsArray();
            head[name]!["data_offsets"] = new JsonArray((long)offsets[0]! + by, (long)offsets[1]! + by);
        }
    }

    private static unsafe void Codes(float[] row, bool master, out float scale, out byte[] codes, out string packing)
    {
        fixed (float* data = row)
        {
            UnpackedTernary source = new(new("w", Engine.Models.Gguf.TensorType.F32, (byte*)data, 1, row.Length), master);
            codes = new byte[row.Length];
            source.Codes(0, codes);
            (scale, packing) = (source.Scale, source.Packing);
        }
    }

    private static ModelFile Import(CheckpointFiles files, CheckpointOptions? options = null)
    {
        using Checkpoint checkpoint = Checkpoint.Open(files.Folder, options ?? new());
        using MemoryStream file = new();
        checkpoint.Write(file, null, TestContext.Current.CancellationToken);
        Assert.Equal(checkpoint.FileBytes, file.Length);
        ModelFile model = NanoModel.Open(file.ToArray());
        checkpoint.Verify(model, null, TestContext.Current.CancellationToken);
        return model;
    }
}
