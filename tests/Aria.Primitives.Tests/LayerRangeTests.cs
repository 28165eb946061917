using CsCheck;

namespace Aria.Tests;

public class LayerRangeTests
{
    private static readonly Gen<LayerRange> Ranges =
        from start in Gen.Int[0, 9]
        from count in Gen.Int[0, 9]
        select LayerRange.Of(start, start + count);

    private static int[] Layers(LayerRange range) => [.. Enumerable.Range(range.Start, range.Count)];

    [Fact]
    public void Contains_IsMembership() => Gen.Select(Ranges, Gen.Int[-1, 19]).Sample((range, layer) =>
        Assert.Equal(Layers(range).Contains(layer), range.Contains(layer)));

    [Fact]
    public void ContainsRange_IsInclusion_WhereThereIsAnythingToInclude() => Gen.Select(Ranges, Ranges).Sample((outer, inner) =>
        Assert.True(inner.IsEmpty || outer.Contains(inner) == Layers(inner).All(outer.Contains)));

    [Fact]
    public void Precedes_LeavesNoGap() => Gen.Select(Ranges, Ranges).Sample((first, second) =>
        Assert.Equal(first.End == second.Start, first.Precedes(second)));

    [Fact]
    public void AnEmptyRange_HoldsNothing()
    {
        LayerRange empty = LayerRange.Of(4, 4);
        Assert.True(empty.IsEmpty);
        Assert.False(empty.Contains(4));
        Assert.Equal("[4,4)", empty.ToString());
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(-2, -1)]
    [InlineData(3, 2)]
    public void NoRange_RunsBackwardsOrBelowZero(int start, int end) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LayerRange.Of(start, end));

    [Fact]
    public void Text_IsRead() => Ranges.Sample(range =>
        Assert.True(LayerRange.TryParse($"{range.Start}-{range.End}", out LayerRange read) && read == range));

    [Theory]
    [InlineData("")]
    [InlineData("4")]
    [InlineData("-4")]
    [InlineData("4-")]
    [InlineData("5-4")]
    [InlineData("0--1")]
    [InlineData("0-4-8")]
    [InlineData(" 0-4")]
    [InlineData("0-4 ")]
    [InlineData("0x0-4")]
    [InlineData("0-99999999999")]
    public void OtherText_IsRefused(string text)
    {
        Assert.False(LayerRange.TryParse(text, out LayerRange range));
        Assert.Equal(default, range);
    }
}
