namespace Aria.Discovery.Tests;

public sealed class NodeTableTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_000_000);
    private static readonly NodeId A = new(Digest.Of("a"u8)), B = new(Digest.Of("b"u8)), C = new(Digest.Of("c"u8));

    private readonly NodeTable _nodes = new(maxNodes: 2);

    private static CapabilityRecord Record(NodeId node, long sequence, int seconds = 180) =>
        new("testnet", node, sequence, Start.AddSeconds(seconds).ToUnixTimeMilliseconds(), [], [DiscoveryGroup.Served(0, 8)]);

    private KnownNode? Find(NodeId node) => _nodes.Snapshot(Start).Find(node);

    [Fact]
    public void OnlyANewerRecord_ReplacesOne()
    {
        Assert.True(_nodes.Accept(Record(A, 5), Start, RecordSource.Dht));
        Assert.False(_nodes.Accept(Record(A, 5), Start.AddSeconds(1), RecordSource.Dht));
        Assert.False(_nodes.Accept(Record(A, 4), Start.AddSeconds(1), RecordSource.Dht));
        Assert.Equal(Start, Find(A)!.Received);
        Assert.True(_nodes.Accept(Record(A, 6), Start.AddSeconds(2), RecordSource.Dht));
        Assert.Equal((6, Start.AddSeconds(2)), (Find(A)!.Record.Sequence, Find(A)!.Received));
    }

    [Fact]
    public void Nodes_AreBounded_AndComeInTheOrderOfTheirIds()
    {
        Assert.True(_nodes.Accept(Record(A, 1), Start, RecordSource.Dht) && _nodes.Accept(Record(B, 1), Start, RecordSource.Dht));
        Assert.False(_nodes.Accept(Record(C, 1), Start, RecordSource.Dht));
        Assert.Equal(new[] { A, B }.Order(), _nodes.Snapshot(Start).Nodes.Select(known => known.Record.Node));
    }

    [Fact]
    public void AtItsExpiry_ANodeGoes()
    {
        _nodes.Accept(Record(A, 1, seconds: 10), Start, RecordSource.Dht);
        _nodes.Accept(Record(B, 1, seconds: 20), Start, RecordSource.Dht);
        Assert.False(_nodes.RemoveExpired(Start.AddSeconds(9.9)));
        Assert.True(_nodes.RemoveExpired(Start.AddSeconds(10)));
        Assert.Null(Find(A));
        Assert.NotNull(Find(B));
        Assert.Equal(1, _nodes.Count);
    }

    [Fact]
    public void WhoIsPassedOver_IsMeasuredAlways_AndComesBackByAnAnswer_NotByARecord()
    {
        _nodes.Accept(Record(A, 1), Start, RecordSource.Dht);
        Assert.Equal([A], _nodes.ToMeasure(Start, TimeSpan.FromSeconds(5)));
        Assert.False(_nodes.Measured(A, TimeSpan.FromMilliseconds(3), Start));
        Assert.Empty(_nodes.ToMeasure(Start.AddSeconds(4), TimeSpan.FromSeconds(5)));
        _nodes.Doubt(A);
        _nodes.Doubt(B);
        Assert.Equal([A], _nodes.ToMeasure(Start.AddSeconds(4), TimeSpan.FromSeconds(5)));
        Assert.False(_nodes.Measured(A, TimeSpan.FromMilliseconds(3), Start));
        Assert.Equal([A], _nodes.ToMeasure(Start.AddSeconds(5), TimeSpan.FromSeconds(5)));
        Assert.True(_nodes.MarkUnreachable(A, Start.AddSeconds(1)));
        Assert.False(_nodes.MarkUnreachable(A, Start.AddSeconds(2)));
        Assert.Equal(Start.AddSeconds(1), Find(A)!.UnreachableSince);
        Assert.Equal([A], _nodes.ToMeasure(Start.AddSeconds(1), TimeSpan.FromSeconds(5)));
        Assert.True(_nodes.Accept(Record(A, 2), Start.AddSeconds(3), RecordSource.Dht));
        Assert.NotNull(Find(A)!.UnreachableSince);
        Assert.True(_nodes.Measured(A, TimeSpan.FromMilliseconds(3), Start.AddSeconds(4)));
        Assert.Null(Find(A)!.UnreachableSince);
    }

    [Fact]
    public void TwoTimeoutsInARow_AreOneTooMany()
    {
        _nodes.Accept(Record(A, 1), Start, RecordSource.Dht);
        Assert.False(_nodes.TimedOut(A, Start));
        Assert.False(_nodes.Measured(A, TimeSpan.FromMilliseconds(3), Start));
        Assert.False(_nodes.TimedOut(A, Start));
        Assert.True(_nodes.TimedOut(A, Start));
        Assert.False(_nodes.TimedOut(A, Start));
        Assert.False(_nodes.TimedOut(B, Start) || _nodes.MarkUnreachable(B, Start) || _nodes.Measured(B, TimeSpan.Zero, Start));
    }

    [Fact]
    public void TheLeastOfTheLastEightRoundTrips_IsTheWay()
    {
        _nodes.Accept(Record(A, 1), Start, RecordSource.Dht);
        Assert.Null(Find(A)!.RoundTrip);
        foreach (int milliseconds in (int[])[2, 9, 7, 8, 7, 9, 8, 7])
        {
            _nodes.Measured(A, TimeSpan.FromMilliseconds(milliseconds), Start);
            Assert.Equal(TimeSpan.FromMilliseconds(2), Find(A)!.RoundTrip);
        }

        _nodes.Measured(A, TimeSpan.FromMilliseconds(9), Start);
        Assert.Equal(TimeSpan.FromMilliseconds(7), Find(A)!.RoundTrip);
    }
}
