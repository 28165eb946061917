using Aria.Pipeline.Control;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Stages;

namespace Aria.Pipeline.Tests.Stages;

public sealed class SessionTableTests : IDisposable
{
    private readonly StageMetrics _metrics = new(default);

    public void Dispose() => _metrics.Dispose();

    private static SessionKey Session(int job) => new(new((UInt128)(uint)job), 0, 0);

    private SessionTable Table(int sessions = 2, int positions = 100, int unrecorded = 3) =>
        new(new() { Network = "n", MaxSessions = sessions, MaxPositions = positions, MaxUnrecorded = unrecorded }, _metrics);

    [Fact]
    public void ANameIsTaken_UntilItsSessionIsOver()
    {
        SessionTable table = Table();
        Assert.Null(table.TryAdmit(Session(1), 1));
        Assert.Equal(RefusalCode.Duplicate, table.TryAdmit(Session(1), 1));
        table.FreeRoom(Session(1));
        Assert.Equal(RefusalCode.Duplicate, table.TryAdmit(Session(1), 1));
        table.Remove(Session(1));
        Assert.Null(table.TryAdmit(Session(1), 1));
    }

    [Fact]
    public void SessionsThatCompute_AreBounded()
    {
        SessionTable table = Table(sessions: 2);
        Assert.Null(table.TryAdmit(Session(1), 1));
        Assert.Null(table.TryAdmit(Session(2), 1));
        Assert.Equal(RefusalCode.Busy, table.TryAdmit(Session(3), 1));
        table.FreeRoom(Session(1));
        Assert.Null(table.TryAdmit(Session(3), 1));
    }

    [Fact]
    public void PositionsAreBounded_TogetherAndAlone()
    {
        SessionTable table = Table(positions: 100);
        Assert.Equal(RefusalCode.TooLong, table.TryAdmit(Session(1), 101));
        Assert.Null(table.TryAdmit(Session(1), 60));
        Assert.Equal(RefusalCode.Busy, table.TryAdmit(Session(2), 41));
        Assert.Null(table.TryAdmit(Session(2), 40));
        table.Remove(Session(1));
        table.Remove(Session(1));
        Assert.Null(table.TryAdmit(Session(3), 60));
    }

    [Fact]
    public void SessionsThatWaitForARecord_AreBounded()
    {
        SessionTable table = Table(unrecorded: 3);
        for (int i = 1; i <= 3; i++)
        {
            Assert.Null(table.TryAdmit(Session(i), 1));
            table.FreeRoom(Session(i));
        }

        Assert.Equal(RefusalCode.Busy, table.TryAdmit(Session(4), 1));
    }
}
