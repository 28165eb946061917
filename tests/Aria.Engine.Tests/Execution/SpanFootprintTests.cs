using Aria.Engine.Execution;
using Aria.Engine.Kernels;
using Aria.Engine.Models;

namespace Aria.Engine.Tests.Execution;

public class SpanFootprintTests
{
    [Fact]
    public void Footprint_IsWhatIsTaken()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        StageSpan whole = StageSpan.Whole(model.Shape.Layers);
        SpanFootprint footprint = SpanFootprint.Of(model, whole, 100);
        using SpanWeights weights = new(model, whole, RowGrouping.Four);
        using HeadScreen screen = new(model.Tensors.Head);
        using SpanEngine engine = new(model, whole, new());
        using KvCache cache = engine.CreateCache(whole.Layers, 100);
        Assert.Equal(weights.MatrixBytes(whole.Layers), footprint.WeightBytes);
        Assert.Equal(screen.Bytes, footprint.HeadBytes);
        Assert.Equal(cache.Bytes, footprint.KvBytes);
        Assert.Equal(footprint.WeightBytes + footprint.HeadBytes + footprint.KvBytes, footprint.TotalBytes);
    }

    [Fact]
    public void PartsOfAModel_TakeTogetherWhatItTakes()
    {
        using ModelFile model = ModelFile.Open("aria-tiny");
        int layers = model.Shape.Layers;
        SpanFootprint first = SpanFootprint.Of(model, new(true, LayerRange.Of(0, 3), false), 7);
        SpanFootprint second = SpanFootprint.Of(model, new(false, LayerRange.Of(3, layers), true), 7);
        Assert.Equal(0, first.HeadBytes);
        Assert.Equal(SpanFootprint.Of(model, StageSpan.Whole(layers), 7).TotalBytes, first.TotalBytes + second.TotalBytes);
    }
}
