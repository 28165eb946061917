namespace Aria.Tests;

public class StageSpanTests
{
    private static StageSpan Span(bool embedding, int start, int end, bool head) => new(embedding, LayerRange.Of(start, end), head);

    [Fact]
    public void Whole_IsEverything()
    {
        StageSpan whole = StageSpan.Whole(8);
        Assert.Equal(Span(true, 0, 8, true), whole);
        Assert.Equal((0, 8), (whole.InBoundary, whole.OutBoundary));
        Assert.Equal("E[0,8)H", whole.ToString());
    }

    [Fact]
    public void Contains_AsksForEveryUnit()
    {
        StageSpan middle = Span(false, 2, 6, false);
        Assert.True(middle.Contains(middle));
        Assert.True(middle.Contains(Span(false, 3, 5, false)));
        Assert.False(middle.Contains(Span(false, 1, 5, false)));
        Assert.False(middle.Contains(Span(false, 3, 7, false)));
        Assert.False(middle.Contains(Span(true, 2, 6, false)));
        Assert.False(middle.Contains(Span(false, 2, 6, true)));
        Assert.True(StageSpan.Whole(8).Contains(middle));
    }

    [Fact]
    public void TheHeadAlone_IsInEverySpanWithAHead()
    {
        StageSpan head = Span(false, 8, 8, true);
        Assert.Equal("[8,8)H", head.ToString());
        Assert.True(Span(true, 0, 2, true).Contains(head));
        Assert.False(Span(true, 0, 8, false).Contains(head));
    }
}
