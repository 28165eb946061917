using Aria.Engine.Execution;

namespace Aria.Engine.Tests.Execution;

public class ComputeTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void EveryMember_DoesItsShare_AndSeesWhatTheOthersWroteBeforeAMeeting(int members)
    {
        using ComputeTeam team = new(members);
        Relay relay = new(team);
        for (int round = 1; round <= 300; round++)
        {
            team.Run(relay);
            Assert.Equal((members * round, 0), (relay.Runs, relay.Wrong));
        }
    }

    [Theory]
    [InlineData(1, 10, 4)]
    [InlineData(3, 100, 16)]
    [InlineData(4, 5, 16)]
    [InlineData(7, 0, 16)]
    [InlineData(2, 1000, 64)]
    public void Shares_FollowEachOther_CoverAll_AndBeginOnTheGrain(int members, int items, int grain)
    {
        using ComputeTeam team = new(members);
        int next = 0;
        for (int member = 0; member < members; member++)
        {
            (int start, int end) = team.Share(items, member, grain);
            Assert.Equal(next, start);
            Assert.True(start % grain == 0 || start == items);
            next = end;
        }

        Assert.Equal(items, next);
    }

    /// <summary>Ten times over, each member writes its place and then reads everybody's.</summary>
    private sealed class Relay(ComputeTeam team) : ITeamWork
    {
        private readonly int[] _places = new int[team.Count];
        private int _runs;
        private int _wrong;

        public int Runs => _runs;

        public int Wrong => _wrong;

        public void Run(int member)
        {
            Interlocked.Increment(ref _runs);
            for (int step = 1; step <= 10; step++)
            {
                _places[member] = step;
                team.Meet();
                if (_places.Any(place => place != step))
                {
                    Interlocked.Increment(ref _wrong);
                }

                team.Meet();
            }
        }
    }
}
