namespace Aria.Discovery;

/// <summary>The last round trips to one node. Their minimum is the way; what goes beyond it is how busy both ends were.</summary>
internal sealed class RoundTrips
{
    private const int Kept = 8;

    private readonly Queue<TimeSpan> _last = new();

    public DateTimeOffset Measured { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>When the last one was added, whatever became doubtful since.</summary>
    public DateTimeOffset? LastAdded { get; private set; }

    public TimeSpan? Best => _last.Count == 0 ? null : _last.Min();

    /// <summary>Measurements in a row that took too long to end.</summary>
    public int TimedOut { get; set; }

    public void Doubt() => Measured = DateTimeOffset.MinValue;

    public void Add(TimeSpan roundTrip, DateTimeOffset now)
    {
        if (_last.Count == Kept)
        {
            _last.Dequeue();
        }

        _last.Enqueue(roundTrip);
        Measured = now;
        LastAdded = now;
        TimedOut = 0;
    }
}
