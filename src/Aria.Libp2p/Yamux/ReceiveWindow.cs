namespace Aria.Libp2p.Yamux;

/// <summary>
/// How much a stream may still receive, and when to grant more: at half the window, doubled while the reader empties it within four round trips.
/// A plain object; its owner keeps it from two threads at once.
/// </summary>
internal sealed class ReceiveWindow(Func<int, bool> tryGrow)
{
    private const int GrowthRoundTrips = 4;

    private long _available = YamuxOptions.InitialWindowBytes;
    private long _buffered;
    private TimeSpan? _lastGrant;

    /// <summary>The current size in bytes.</summary>
    public int SizeBytes { get; private set; } = YamuxOptions.InitialWindowBytes;

    /// <summary>Takes the arrival of so many bytes; false where the sender was not granted them.</summary>
    public bool TryReceive(uint bytes)
    {
        if (bytes > _available)
        {
            return false;
        }

        _available -= bytes;
        _buffered += bytes;
        return true;
    }

    /// <summary>Takes the reader's progress and returns what is to be granted, 0 for nothing yet.</summary>
    public uint Consume(long bytes, TimeSpan now, TimeSpan? roundTrip)
    {
        _buffered -= bytes;
        long due = SizeBytes - _available - _buffered;
        if (due < SizeBytes / 2)
        {
            return 0;
        }

        if (roundTrip is { } trip && _lastGrant is { } last && now - last < trip * GrowthRoundTrips
            && SizeBytes < YamuxOptions.MaxWindowBytes && tryGrow(SizeBytes))
        {
            due += SizeBytes;
            SizeBytes *= 2;
        }

        _lastGrant = now;
        _available += due;
        return (uint)due;
    }
}
