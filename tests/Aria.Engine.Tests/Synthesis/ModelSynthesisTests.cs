using System.Diagnostics;
using Aria.Engine.Catalogue;
using Aria.Engine.Models;
using Aria.Engine.Models.Gguf;
using Aria.Engine.Synthesis;
using Aria.Engine.Text;
using Aria.Testing;

namespace Aria.Engine.Tests.Synthesis;

public class ModelSynthesisTests
{
    private static SynthesisOptions Small(string name = "Falcon-E-1B", TernaryFormat format = TernaryFormat.I2S, ulong seed = 7) =>
        new(ModelCatalogue.Find(name)!) { Format = format, Seed = seed, Layers = 1, Tokens = SynthesisOptions.MinTokens };

    public static TheoryData<string> Names => [.. ModelCatalogue.Models.Select(model => model.Name)];

    private static byte[] Bytes(SynthesisOptions options)
    {
        using MemoryStream output = new();
        ModelSynthesis.Write(options, output, null, TestContext.Current.CancellationToken);
        return output.ToArray();
    }

    private static ModelFile Open(SynthesisOptions options) => ModelFile.Open(ModelBytes.Copy(new MemoryStream(Bytes(options))), "synthetic");

    private static byte[] Codes(TernaryTensor tensor)
    {
        byte[] codes = new byte[tensor.Rows * tensor.Columns];
        for (int row = 0; row < tensor.Rows; row++)
        {
            tensor.Row(row, codes.AsSpan(row * tensor.Columns));
        }

        return codes;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryShape_IsReadBackAsTheCatalogueHasIt(string name)
    {
        SynthesisOptions options = Small(name);
        byte[] bytes = Bytes(options);
        Assert.Equal(bytes.Length, ModelSynthesis.FileBytes(options));
        using ModelFile model = ModelFile.Open(ModelBytes.Copy(new MemoryStream(bytes)), "synthetic");
        Assert.Equal(options.Model.Shape with { Layers = 1, Vocabulary = SynthesisOptions.MinTokens }, Activated(model.Shape, options.Model));
        Assert.Equal(options.Model.Architecture, model.Architecture);
        Assert.StartsWith(name + " (synthetic", model.Name, StringComparison.Ordinal);
        Assert.Null(model.Catalogued);
        Assert.Equal(SynthesisOptions.MinTokens, model.Tokenizer.VocabularySize);
        Assert.Equal(name is "BitNet-b1.58-2B-4T" or "Llama3-8B-1.58" ? SynthesisOptions.MinTokens - 256u : name.StartsWith("bitnet", StringComparison.Ordinal) ? 1u : 11u, model.Tokenizer.BeginOfSequence);
    }

    // A shrunken vocabulary hides that bitnet-b1.58 with 128,256 rows is the model with the squared activation.
    private static ModelShape Activated(ModelShape read, CatalogueModel model) =>
        model.Architecture == "bitnet-b1.58" ? read with { Activation = model.Shape.Activation } : read;

    [Theory]
    [MemberData(nameof(Names))]
    public void FullVocabularies_AreUsable(string name)
    {
        CatalogueModel model = ModelCatalogue.Find(name)!;
        Tokenizer tokenizer = Tokenizer.Of(SyntheticVocabulary.Of(model));
        Assert.Equal(model.Tokens, tokenizer.VocabularySize);
        Assert.Equal("Once upon a time, 3 naïve 🙂!", tokenizer.Decode(tokenizer.Encode("Once upon a time, 3 naïve 🙂!")));
        (uint begin, uint end) = name switch
        {
            "BitNet-b1.58-2B-4T" or "Llama3-8B-1.58" => (128_000u, 128_009u),
            "bitnet_b1_58-large" or "bitnet_b1_58-3B" => (1u, 2u),
            _ => (11u, 11u),
        };
        Assert.Equal(begin, tokenizer.BeginOfSequence);
        Assert.Contains(end, tokenizer.EndTokens);
        if (model.ChatLayout is { } layout)
        {
            Assert.NotEmpty(ChatTemplate.Of(null, name, tokenizer, layout).Encode([new("user", "Hi")]));
        }
    }

    [Fact]
    public void TemplatesOfTheirOwn_AreRecognised()
    {
        using ModelFile two = Open(Small("BitNet-b1.58-2B-4T")), three = Open(Small("Falcon3-1B")), edge = Open(Small());
        Assert.Equal("bitnet-b1.58-2B-4T", two.ChatTemplate.Name);
        Assert.Equal("falcon3", three.ChatTemplate.Name);
        Assert.Throws<ChatFormatException>(() => edge.ChatTemplate);
    }

    [Fact]
    public void BothFormats_HoldTheSameCodes()
    {
        using ModelFile i2 = Open(Small()), tq2 = Open(Small(format: TernaryFormat.TQ2));
        Assert.All(Matrices(i2.Tensors.Layers[0]).Zip(Matrices(tq2.Tensors.Layers[0])), pair =>
        {
            Assert.Equal(Codes(pair.First), Codes(pair.Second));
            Assert.Equal((Half)pair.First.Scale, (Half)pair.Second.Scale);
            Assert.Equal(1 / Math.Sqrt(0.6875 * pair.First.Columns), pair.First.Scale, 1e-7);
        });
        Assert.Equal(Rows(i2.Tensors.Embedding), Rows(tq2.Tensors.Embedding));
    }

    [Fact]
    public void Codes_AreOfEachKindAsOftenAsSaid_AndEmbeddingsNormal()
    {
        using ModelFile model = Open(Small());
        byte[] codes = Codes(model.Tensors.Layers[0].Gate);
        Assert.Equal(0.3125, codes.Count(code => code == 1) / (double)codes.Length, 0.001);
        Assert.Equal(0, (codes.Count(code => code == 2) - codes.Count(code => code == 0)) / (double)codes.Length, 0.001);
        double[] values = [.. Rows(model.Tensors.Embedding).Select(value => (double)value)];
        Assert.Equal(0, values.Average(), 1e-4);
        Assert.Equal(0.02, Math.Sqrt(values.Average(value => value * value)), 1e-4);
        Assert.All(Rows(model.Tensors.OutputNorm), value => Assert.Equal(1f, value));
    }

    [Fact]
    public void SeedAndTensorName_Decide()
    {
        Assert.Equal(Bytes(Small()), Bytes(Small()));
        using ModelFile one = Open(Small()), other = Open(Small(seed: 8));
        Assert.NotEqual(Codes(one.Tensors.Layers[0].Query), Codes(other.Tensors.Layers[0].Query));
        Assert.NotEqual(Codes(one.Tensors.Layers[0].Key), Codes(one.Tensors.Layers[0].Value));
    }

    [Fact]
    public void TheFirstNumbers_AreThoseOfTheSpecification()
    {
        SyntheticRandom random = new(42, "blk.0.attn_q.weight");
        Assert.Equal([0xd902bf7e270c8e8fUL, 0x5b9b2969495ec4d8UL, 0x25f662d6e97c5b84UL], [random.Next(), random.Next(), random.Next()]);
        byte[] codes = new byte[32];
        new SyntheticRandom(42, "blk.0.attn_q.weight").FillCodes(codes);
        Assert.Equal("11001202221010111112212001221222", string.Concat(codes));
        byte[] halves = new byte[8];
        new SyntheticRandom(42, "token_embd.weight").FillNormals(halves);
        Assert.Equal("219edca593a18821", Convert.ToHexStringLower(halves));
    }

    [Fact]
    public void KnownBytes_ArePackedAsTheReaderUnpacksThem()
    {
        byte[] codes = new byte[256];
        codes.AsSpan().Fill(1);
        (codes[0], codes[32], codes[64], codes[96]) = (0, 1, 2, 1);
        byte[] packed = new byte[66];
        TernaryPacking.PackI2(codes.AsSpan(0, 128), packed);
        Assert.Equal(0x19, packed[0]);
        Assert.Equal(0x55, packed[1]);
        TernaryPacking.PackTq2(codes, (Half)1, packed);
        Assert.Equal(0x64, packed[0]);
        Assert.Equal([0x55, 0x55, 0x00, 0x3c], packed[62..]);
    }

    [Fact]
    public void WhatCannotBeMade_IsSaid()
    {
        CatalogueModel three = ModelCatalogue.Find("bitnet_b1_58-3B")!;
        Assert.Contains("rows of 3200", new SynthesisOptions(three) { Format = TernaryFormat.TQ2 }.Objection(), StringComparison.Ordinal);
        Assert.Contains("1 to 26 layers, not 27", new SynthesisOptions(three) { Layers = 27 }.Objection(), StringComparison.Ordinal);
        Assert.Contains("1024 to 32002 tokens, not 512", new SynthesisOptions(three) { Tokens = 512 }.Objection(), StringComparison.Ordinal);
        Assert.Null(new SynthesisOptions(three).Objection());
        Assert.Throws<ArgumentException>(() => ModelSynthesis.FileBytes(new(three) { Layers = 0 }));
    }

    [Fact]
    public void Memory_IsBounded_WhateverTheTensors()
    {
        // One layer of Falcon3-10B has matrices of 70 million weights; nothing longer than a chunk is ever held.
        List<long> told = [];
        SynthesisOptions options = new(ModelCatalogue.Find("Falcon3-10B")!) { Layers = 1, Tokens = SynthesisOptions.MinTokens };
        ModelSynthesis.Write(options, Stream.Null, new Progress(told.Add), TestContext.Current.CancellationToken);
        Assert.Equal(ModelSynthesis.FileBytes(options), told[^1]);
        Assert.InRange(told.Zip(told.Skip(1)).Max(pair => pair.Second - pair.First), 1, 4 << 20);
    }

    [Fact]
    public void ProgressIsTold_AndACancelledFileEndsEarly()
    {
        List<long> told = [];
        using CancellationTokenSource source = new();
        using MemoryStream output = new();
        Progress progress = new(done =>
        {
            told.Add(done);
            if (told.Count == 3)
            {
                source.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(() => ModelSynthesis.Write(Small(), output, progress, source.Token));
        Assert.Equal(told.Order(), told);
        Assert.Equal(told[^1], output.Length);
        Assert.True(output.Length < ModelSynthesis.FileBytes(Small()));
    }

    [Fact]
    public async Task TheTableOfTensors_IsThatOfAnotherGenerator()
    {
        string script = Fixtures.Path("tools", "make_random_gguf.py");
        Prerequisite.Demand(await HasNumpyAsync(), "/usr/bin/python3 has no numpy");
        string path = Path.Combine(Path.GetTempPath(), $"aria-{Guid.NewGuid():n}.gguf");
        try
        {
            await PythonAsync(script, "falcon3-1b", path, "--layers", "1", "--vocab", "1024");
            using ModelFile theirs = ModelFile.Open(path);
            using ModelFile ours = Open(Small("Falcon3-1B"));
            Assert.Equivalent(GgufHead.Read(File.OpenRead(path)).Tensors, GgufHead.Read(new MemoryStream(Bytes(Small("Falcon3-1B")))).Tensors, strict: true);
            Assert.Equal(theirs.Shape with { Context = 0 }, ours.Shape with { Context = 0 });
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<bool> HasNumpyAsync() => File.Exists("/usr/bin/python3") && await RunAsync("-c", "import numpy") == 0;

    private static async Task PythonAsync(params string[] arguments) => Assert.Equal(0, await RunAsync(arguments));

    private static async Task<int> RunAsync(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("/usr/bin/python3", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private static IEnumerable<TernaryTensor> Matrices(LayerTensors layer) => [layer.Query, layer.Key, layer.Value, layer.AttentionOutput, layer.Gate, layer.Up, layer.Down];

    private static float[] Rows(FloatTensor tensor)
    {
        float[] values = new float[tensor.Rows * tensor.Columns];
        for (int row = 0; row < tensor.Rows; row++)
        {
            tensor.Row(row, values.AsSpan(row * tensor.Columns, tensor.Columns));
        }

        return values;
    }

    private sealed class Progress(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
