namespace Aria.Libp2p.Yamux;

/// <summary>
/// When a session asks whether its other end is there: when it begins and an interval after every answer. An unanswered question is asked once more, so that a machine
/// which was merely short of threads gets round to it; after the second the other end counts as gone. A plain object; its owner keeps it from two threads at once.
/// </summary>
internal sealed class KeepAlive(TimeSpan interval, TimeSpan timeout)
{
    private const int MaxMissed = 2;

    private uint _value;
    private bool _isAsking;
    private TimeSpan _since;        // of the question while asking, else of the last answer
    private int _missed;
    private bool _hasBegun;

    /// <summary>What to do now. <see cref="KeepAliveStep.Ask"/> wants <see cref="Asked"/> to be called.</summary>
    public KeepAliveStep Due(TimeSpan now)
    {
        if (interval == Timeout.InfiniteTimeSpan)
        {
            return KeepAliveStep.Wait;
        }

        if (!_isAsking)
        {
            return !_hasBegun || now - _since >= interval ? KeepAliveStep.Ask : KeepAliveStep.Wait;
        }

        if (now - _since < timeout)
        {
            return KeepAliveStep.Wait;
        }

        return ++_missed < MaxMissed ? KeepAliveStep.Ask : KeepAliveStep.GiveUp;
    }

    /// <summary>The question is on its way.</summary>
    public void Asked(uint value, TimeSpan now) => (_value, _isAsking, _since, _hasBegun) = (value, true, now, true);

    /// <summary>Takes an answer and returns the round trip; null where nobody asked for it.</summary>
    public TimeSpan? Answered(uint value, TimeSpan now)
    {
        if (!_isAsking || value != _value)
        {
            return null;
        }

        TimeSpan roundTrip = now - _since;
        (_isAsking, _since, _missed) = (false, now, 0);
        return roundTrip;
    }
}

/// <summary>What <see cref="KeepAlive.Due"/> wants.</summary>
internal enum KeepAliveStep
{
    Wait,
    Ask,
    GiveUp,
}
