using System.Runtime.InteropServices;
using Aria.Engine.Catalogue;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Synthesis;

namespace Aria.Engine.Tests.Synthesis;

/// <summary>A layer of every published shape runs, and the fastest kernels give the scalar reference's bits on it.</summary>
public class SyntheticEngineTests
{
    public static TheoryData<string> Names => [.. ModelCatalogue.Models.Select(model => model.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void OneLayerOfTheShape_GivesTheSameBits_OnEveryPath(string name)
    {
        using MemoryStream file = new();
        ModelSynthesis.Write(new(ModelCatalogue.Find(name)!) { Layers = 1, Tokens = SynthesisOptions.MinTokens, Seed = 7 }, file, null, TestContext.Current.CancellationToken);
        file.Position = 0;
        using ModelFile model = ModelFile.Open(ModelBytes.Copy(file), name);
        int[] expected = Run(model, KernelPath.Scalar, out Candidate[] best);
        foreach (KernelPath path in (KernelPath[])[KernelPath.Simd, KernelPath.Auto])
        {
            Assert.True(Run(model, path, out Candidate[] found).AsSpan().SequenceEqual(expected), path.ToString());
            Assert.Equal(best, found);
        }
    }

    private static int[] Run(ModelFile model, KernelPath path, out Candidate[] best)
    {
        uint[] tokens = [1, 77, 1023, 5, 500];
        int dim = model.Shape.Dim;
        using SpanEngine engine = new(model, StageSpan.Whole(1), new() { Kernels = path, Threads = 2 });
        using KvCache cache = engine.CreateCache(LayerRange.Of(0, 1), tokens.Length);
        float[] rows = new float[tokens.Length * dim];
        engine.Embed(tokens, rows);
        engine.Forward(cache, 0, rows);
        best = new Candidate[32];
        engine.Head(rows.AsSpan(rows.Length - dim), best);
        return MemoryMarshal.Cast<float, int>(rows).ToArray();
    }
}
