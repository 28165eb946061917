using Aria.Pipeline.Control;
using Aria.Pipeline.Frames;

namespace Aria.Pipeline.Stages;

/// <summary>The sessions of a node by name, and the room their caches take.</summary>
internal sealed class SessionTable(StageHostOptions options, StageMetrics metrics)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SessionKey, int> _positions = [];     // 0: holds no cache any more
    private int _computing;
    private long _taken;

    /// <summary>Takes a name and room for <paramref name="positions"/>, at least one; null where done, else why not.</summary>
    public RefusalCode? TryAdmit(SessionKey session, int positions)
    {
        lock (_lock)
        {
            if (_positions.ContainsKey(session))
            {
                return RefusalCode.Duplicate;
            }

            if (positions > options.MaxPositions)
            {
                return RefusalCode.TooLong;
            }

            if (_computing == options.MaxSessions || _positions.Count == options.MaxUnrecorded || _taken + positions > options.MaxPositions)
            {
                return RefusalCode.Busy;
            }

            _positions.Add(session, positions);
            _computing++;
            metrics.SessionBegan();
            _taken += positions;
            return null;
        }
    }

    /// <summary>The cache is freed; the name stays taken.</summary>
    public void FreeRoom(SessionKey session)
    {
        lock (_lock)
        {
            Free(session);
        }
    }

    /// <summary>The session is over.</summary>
    public void Remove(SessionKey session)
    {
        lock (_lock)
        {
            Free(session);
            _positions.Remove(session);
        }
    }

    private void Free(SessionKey session)
    {
        if (_positions.TryGetValue(session, out int positions) && positions > 0)
        {
            _positions[session] = 0;
            _computing--;
            metrics.SessionEnded();
            _taken -= positions;
        }
    }
}
