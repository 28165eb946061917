using System.Buffers.Binary;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Numerics;
using Aria.Testing;

namespace Aria.Engine.Tests.Models;

/// <summary>Right files are read, wrong ones refused by one exception that says what is wrong.</summary>
public class ModelFileTests
{
    private const string Query = "blk.0.attn_q.weight";

    [Fact]
    public void ABuiltInModel_IsUsableByItsName()
    {
        using ModelFile model = ModelFile.Open(Assert.Single(ModelFile.BuiltInNames));
        Assert.Equal(
            new(8, 256, 8, 4, 32, 512, 2048, 512, 10_000f, 1e-5f, GateActivation.ReluSquared, RopePairing.Halves, SubNorms: true, TiedHead: true), model.Shape);
        Assert.Equal(2048, model.Tokenizer.VocabularySize);
        Assert.NotEmpty(model.ChatTemplate.Encode([new("user", "hello")]));
    }

    [Fact]
    public void NeitherNameNorFile_IsSaidSo() =>
        Assert.Contains("aria-tiny", Assert.Throws<FileNotFoundException>(() => ModelFile.Open("/no/such/model.gguf")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("bitnet-25", GateActivation.ReluSquared, RopePairing.Halves, true)]
    [InlineData("bitnet-b1.58", GateActivation.Silu, RopePairing.Halves, true)]
    [InlineData("bitnet", GateActivation.Silu, RopePairing.Halves, true)]
    [InlineData("llama", GateActivation.Silu, RopePairing.Neighbours, false)]
    public void Architectures_HaveTheirGraphs(string architecture, GateActivation activation, RopePairing pairing, bool subNorms)
    {
        using ModelFile model = new NanoModel { Architecture = architecture, TiedHead = false }.Open();
        Assert.Equal((activation, pairing, subNorms, false), (model.Shape.Activation, model.Shape.Pairing, model.Shape.SubNorms, model.Shape.TiedHead));
    }

    [Fact]
    public void OneWeights_InThreeLayouts_AreOneModel()
    {
        NanoModel shape = new() { Dim = 256, FeedForward = 512, HeadDim = 64 };
        string[] ids = [.. ((TensorType[])[TensorType.I2_S, TensorType.TQ1_0, TensorType.TQ2_0]).Select(type =>
        {
            using ModelFile model = (shape with { Ternary = type }).Open();
            return model.Id.ToString();
        })];
        Assert.Single(ids.Distinct());
    }

    [Fact]
    public void OneChangedBit_IsAnotherModel()
    {
        NanoModel nano = new();
        string Id(Action<GgufBuilder> change)
        {
            GgufBuilder builder = nano.Builder();
            change(builder);
            using ModelFile model = NanoModel.Open(builder.Build());
            return model.Id.ToString();
        }

        static GgufBuilder.Tensor Flip(GgufBuilder.Tensor tensor, int at)
        {
            byte[] data = (byte[])tensor.Data.Clone();
            data[at] ^= 1;
            return tensor with { Data = data };
        }

        string original = Id(_ => { });
        Assert.Equal(original, Id(builder => builder.Set("general.name", "another name")));
        string[] others =
        [
            Id(builder => builder.Change("token_embd.weight", tensor => Flip(tensor, 100))),
            Id(builder => builder.Change("output_norm.weight", tensor => Flip(tensor, 5))),
            Id(builder => builder.Change("blk.1.ffn_sub_norm.weight", tensor => Flip(tensor, 5))),
            Id(builder => builder.Change("blk.1.ffn_down.weight", tensor => Flip(tensor, tensor.Data.Length - 32))),
            Id(builder => builder.Set("bitnet-25.rope.freq_base", 10_001f)),
            Id(builder => builder.Set("bitnet-25.context_length", 65u)),
            Id(builder => builder.Set("tokenizer.ggml.bos_token_id", 1u)),
            Id(builder => builder.Set("tokenizer.chat_template", "x")),
        ];
        Assert.Equal(others.Length + 1, others.Append(original).Distinct().Count());
    }

    public static TheoryData<string, string> Refusals => new()
    {
        { "version", "version 2" }, { "architecture", "'gpt-j' is not known" }, { "no layers", "block_count' is missing" }, { "many layers", "outside 1 to 1024" },
        { "text for a number", "not a whole number" }, { "heads", "cannot share" }, { "head width", "one even number" }, { "rope scaling", "scaled rotary" }, { "epsilon", "epsilon" },
        { "key twice", "stands twice" }, { "tensor twice", "stands twice" }, { "missing tensor", "'blk.1.ffn_up.weight' is missing" }, { "tensor too many", "'rope_freqs.weight' has no place" },
        { "shape", "are expected" }, { "norm type", "a norm is F32" }, { "ternary type", "are ternary" }, { "embedding type", "F32, F16, BF16, Q8_0 or Q6_K" },
        { "type 37", "I8_S" }, { "type 38", "TL1" }, { "type 39", "TL2 of bitnet.cpp or MXFP4" }, { "type 2", "Q4_0" }, { "type 999", "unknown" },
        { "misaligned", "no multiple of the alignment" }, { "overlapping", "overlaps" }, { "beyond", "but the file ends" }, { "huge", "elements" }, { "no dimensions", "0 dimensions" },
        { "five dimensions", "5 dimensions" }, { "long name", "a name of 65 bytes" }, { "code 3", "unused code 3" }, { "scale", "has the scale" }, { "not finite", "holds NaN in row 3" },
        { "alignment", "not a multiple of 8" }, { "value type", "unknown value type 13" }, { "boolean", "neither false" }, { "nesting", "nests arrays" }, { "not UTF-8", "is not UTF-8" },
        { "tokens", "the embedding only" }, { "no tokens", "'tokenizer.ggml.tokens' is missing" }, { "text length", "claims" }, { "array length", "claims" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void AWrongFile_IsRefused_SayingWhatIsWrong(string wrong, string message)
    {
        NanoModel nano = new();
        GgufBuilder b = nano.Builder();
        ulong huge = 1UL << 60;
        switch (wrong)
        {
            case "version": b.Version = 2; break;
            case "architecture": b.Set("general.architecture", "gpt-j"); break;
            case "no layers": b.Remove("bitnet-25.block_count"); break;
            case "many layers": b.Set("bitnet-25.block_count", 1025u); break;
            case "text for a number": b.Set("bitnet-25.block_count", "two"); break;
            case "heads": b.Set("bitnet-25.attention.head_count_kv", 3u); break;
            case "head width": b.Set("bitnet-25.attention.key_length", 31u); break;
            case "rope scaling": b.Set("bitnet-25.rope.scaling.type", "yarn"); break;
            case "epsilon": b.Set("bitnet-25.attention.layer_norm_rms_epsilon", float.NaN); break;
            case "key twice": b.Add("general.name", "again"); break;
            case "tensor twice": b.Add(b.Tensors[1]); break;
            case "missing tensor": b.RemoveTensor("blk.1.ffn_up.weight"); break;
            case "tensor too many": b.Add(b.Tensors[1] with { Name = "rope_freqs.weight" }); break;
            case "shape": b.Change(Query, tensor => tensor with { Dimensions = [256, 64] }); break;
            case "norm type": b.Change("output_norm.weight", tensor => tensor with { Type = 1 }); break;
            case "ternary type": b.Change(Query, tensor => tensor with { Type = 8, Data = new byte[17408] }); break;
            case "embedding type": b.Change("token_embd.weight", tensor => tensor with { Type = 36 }); break;
            case "type 37": b.Change(Query, tensor => tensor with { Type = 37 }); break;
            case "type 38": b.Change(Query, tensor => tensor with { Type = 38 }); break;
            case "type 39": b.Change(Query, tensor => tensor with { Type = 39 }); break;
            case "type 2": b.Change(Query, tensor => tensor with { Type = 2 }); break;
            case "type 999": b.Change(Query, tensor => tensor with { Type = 999 }); break;
            case "misaligned": b.Change(Query, tensor => tensor with { Offset = 8200 }); break;
            case "overlapping": b.Change(Query, tensor => tensor with { Offset = 32 }); break;
            case "beyond": b.Change(Query, tensor => tensor with { Offset = 1UL << 40 }); break;
            case "huge": b.Change(Query, tensor => tensor with { Dimensions = [128, huge] }); break;
            case "no dimensions": b.Change(Query, tensor => tensor with { Dimensions = [] }); break;
            case "five dimensions": b.Change(Query, tensor => tensor with { Dimensions = [128, 128, 1, 1, 1] }); break;
            case "long name": b.Change(Query, tensor => tensor with { Name = new('x', 65) }); break;
            case "code 3": b.Change(Query, tensor => tensor with { Data = [3, .. tensor.Data[1..]] }); break;
            case "scale": b.Change(Query, tensor => tensor with { Data = [.. tensor.Data[..^32], .. BitConverter.GetBytes(float.PositiveInfinity), .. new byte[28]] }); break;
            case "not finite": b.Change("token_embd.weight", tensor => tensor with { Data = [.. tensor.Data[..(3 * 256)], 0x00, 0x7e, .. tensor.Data[((3 * 256) + 2)..]] }); break;
            case "alignment": b.Set("general.alignment", 4u); break;
            case "value type": b.AddRaw("x", 13, 0, 0, 0); break;
            case "boolean": b.AddRaw("x", 7, 0, 0, 0, 2); break;
            case "nesting": b.AddRaw("x", [9, 0, 0, 0, .. Enumerable.Repeat((byte[])[9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], 4).SelectMany(part => part)]); break;
            case "not UTF-8": b.AddRaw("x", 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xff); break;
            case "tokens": b.Set("tokenizer.ggml.tokens", Enumerable.Range(0, 25).Select(i => $"t{i}").ToArray()); break;
            case "no tokens": b.Remove("tokenizer.ggml.tokens"); break;
            case "text length": b.AddRaw("x", [8, 0, 0, 0, .. BitConverter.GetBytes(huge)]); break;
            case "array length": b.AddRaw("x", [9, 0, 0, 0, 4, 0, 0, 0, .. BitConverter.GetBytes(huge)]); break;
            default: Assert.Fail($"'{wrong}' is not a case."); break;
        }

        string said = Assert.Throws<ModelFormatException>(() => NanoModel.Open(b.Build())).Message;
        Assert.Contains(message, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public void CountsThatTheFileCannotHold_AreRefusedBeforeAnythingIsReadForThem(int at)
    {
        byte[] file = new NanoModel().Builder().Build();
        foreach (ulong count in (ulong[])[ulong.MaxValue, 1UL << 32, 65_537, 60_000])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), count);
            Assert.Contains("claims", Assert.Throws<ModelFormatException>(() => NanoModel.Open(file)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AFileThatEndsEarly_IsRefused_WhereverItEnds()
    {
        byte[] file = new NanoModel { Layers = 1 }.Builder().Build();
        for (int length = 1; length < file.Length; length += length < 3000 ? 1 : 97)
        {
            Assert.Throws<ModelFormatException>(() => NanoModel.Open(file[..length]));
        }
    }

    [Fact]
    public void AnEmptyFileAndAFolder_AreRefused()
    {
        string path = Path.GetTempFileName();
        try
        {
            Assert.Contains("is empty", Assert.Throws<ModelFormatException>(() => ModelFile.Open(path)).Message, StringComparison.Ordinal);
            File.WriteAllText(path, "GGUF is what this file is not");
            Assert.Contains("version", Assert.Throws<ModelFormatException>(() => ModelFile.Open(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Throws<FileNotFoundException>(() => ModelFile.Open(Path.GetTempPath()));
    }

    [Fact]
    public void AnotherAlignment_IsFollowed()
    {
        NanoModel nano = new();
        GgufBuilder builder = nano.Builder().Add("general.alignment", 64u);
        builder.Alignment = 64;
        using ModelFile wide = NanoModel.Open(builder.Build());
        using ModelFile narrow = nano.Open();
        Assert.Equal(narrow.Id, wide.Id);
    }

    // Bytes of a small right file are changed at random. It opens or is refused; no other exception, no large allocation.
    [Fact]
    public void ChangedAtRandom_AFileOpensOrIsRefused_InBoundedMemory()
    {
        const long mostBytes = 8 << 20;
        Random random = TestSeed.Random();
        byte[] file = new NanoModel { Layers = 1, Vocabulary = 8 }.Builder().Build();
        int head = file.Length - 60_000;
        int refused = 0;
        for (int round = 0; round < 4000; round++)
        {
            byte[] changed = (byte[])file.Clone();
            int changes = random.Next(1, 5);
            for (int i = 0; i < changes; i++)
            {
                int at = random.Next(8) == 0 ? random.Next(changed.Length) : random.Next(Math.Max(64, head));
                changed[at] = random.Next(3) switch { 0 => 0xff, 1 => (byte)(changed[at] ^ (1 << random.Next(8))), _ => (byte)random.Next(256) };
            }

            if (random.Next(4) == 0)
            {
                changed = changed[..random.Next(1, changed.Length)];
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                NanoModel.Open(changed).Dispose();
            }
            catch (ModelFormatException)
            {
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, mostBytes);
        }

        Assert.InRange(refused, 1000, 4000);
    }

    [Fact]
    public void RowsOfEveryFormat_AreDecoded()
    {
        foreach (TensorType type in (TensorType[])[TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q6_K])
        {
            using ModelFile model = new NanoModel { Numbers = type, Dim = 256, HeadDim = 64 }.Open();
            float[] row = new float[256];
            model.Tensors.Embedding.Row(3, row);
            Assert.True(row.Distinct().Count() > 20, type.ToString());
        }
    }

    [Fact]
    public void Q8AndQ6_ByHand()
    {
        byte[] q8 = [.. BitConverter.GetBytes(Float16.FromSingle(0.5f)), .. Enumerable.Range(0, 32).Select(i => (byte)(sbyte)(i - 16))];
        float[] values = new float[32];
        RowDecoding.Decode(TensorType.Q8_0, q8, values);
        Assert.Equal(Enumerable.Range(0, 32).Select(i => (i - 16) / 2f), values);

        // Element 165 = 128 + 32 + 5: low nibble of ql[64 + 32 + 5], bits 2-3 of qh[32 + 5], scale 10.
        byte[] q6 = new byte[210];
        (q6[101], q6[128 + 37], q6[192 + 10]) = (0x0b, 0b0000_1000, 3);
        BitConverter.TryWriteBytes(q6.AsSpan(208), Float16.FromSingle(0.25f));
        float[] many = new float[256];
        RowDecoding.Decode(TensorType.Q6_K, q6, many);
        Assert.Equal(0.25f * 3 * ((0x0b | (2 << 4)) - 32), many[165]);
        Assert.Equal(0.25f * 3 * -32, many[164]);
        Assert.Equal(0f, many[0]);
    }
}
