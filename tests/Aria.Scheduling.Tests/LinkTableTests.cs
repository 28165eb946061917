namespace Aria.Scheduling.Tests;

public class LinkTableTests
{
    private static Link Any(int number, long microseconds) => new(Swarms.Node(number), Swarms.Node(number + 1), microseconds);

    [Fact]
    public void AKnownLink_IsTakenInItsDirectionOnly()
    {
        LinkTable links = new([new(Swarms.Node(1), Swarms.Node(2), 3), new(Swarms.Node(2), Swarms.Node(1), 4)]);
        Assert.Equal(3, links.Between(Swarms.Node(1), Swarms.Node(2)));
        Assert.Equal(4, links.Between(Swarms.Node(2), Swarms.Node(1)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(9, 9)]
    [InlineData(10, 9)]
    [InlineData(11, 10)]
    [InlineData(20, 18)]
    [InlineData(100, 90)]
    public void AnUnknownLink_IsTheNinetiethPercentile(int known, long expected)
    {
        LinkTable links = new(Enumerable.Range(1, known).Reverse().Select(i => Any(i, i)));
        Assert.Equal(expected, links.Between(Swarms.Node(200), Swarms.Node(201)));
    }

    [Fact]
    public void WithNothingKnown_TheDefaultCounts()
    {
        Assert.Equal(LinkTable.DefaultMicroseconds, LinkTable.Empty.Between(Swarms.Node(1), Swarms.Node(2)));
        Assert.Equal(0, LinkTable.Empty.Between(Swarms.Node(1), Swarms.Node(1)));
    }

    [Fact]
    public void ALinkToItself_IsLeftOut()
    {
        LinkTable links = new([new(Swarms.Node(1), Swarms.Node(1), 77)]);
        Assert.Equal(0, links.Between(Swarms.Node(1), Swarms.Node(1)));
        Assert.Equal(LinkTable.DefaultMicroseconds, links.UnknownMicroseconds);
    }

    [Fact]
    public void OfLinksGivenTwice_TheLastCounts() =>
        Assert.Equal(8, new LinkTable([Any(1, 5), Any(1, 8)]).Between(Swarms.Node(1), Swarms.Node(2)));

    [Theory]
    [InlineData(-1)]
    [InlineData(StepCost.MaxMicroseconds + 1)]
    public void TimesOutOfRange_AreRefused(long microseconds)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinkTable([Any(1, microseconds)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepCost(microseconds, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepCost(0, microseconds, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepCost(0, 0, microseconds));
    }
}
