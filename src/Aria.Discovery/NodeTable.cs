namespace Aria.Discovery;

/// <summary>
/// The nodes whose records a directory holds: the newest record of each, the way to it, and whether it is passed over. Each method says
/// whether something changed that a plan would notice. Knows no clock and no network.
/// </summary>
internal sealed class NodeTable(int maxNodes)
{
    private const int MaxTimeouts = 2;      // once may be a busy machine

    private readonly Dictionary<NodeId, Entry> _entries = [];
    private readonly Lock _lock = new();

    private sealed class Entry(CapabilityRecord record, DateTimeOffset received, RecordSource source)
    {
        public CapabilityRecord Record { get; set; } = record;

        public DateTimeOffset Received { get; set; } = received;

        public RecordSource Source { get; set; } = source;

        public DateTimeOffset? UnreachableSince { get; set; }

        public RoundTrips RoundTrips { get; } = new();
    }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Takes a record that counts, if it is newer than the one held.</summary>
    public bool Accept(CapabilityRecord record, DateTimeOffset now, RecordSource source)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(record.Node, out Entry? entry))
            {
                return _entries.Count < maxNodes && _entries.TryAdd(record.Node, new(record, now, source));
            }

            bool newer = record.Sequence > entry.Record.Sequence;
            (entry.Record, entry.Received, entry.Source) = newer ? (record, now, source) : (entry.Record, entry.Received, entry.Source);
            return newer;
        }
    }

    /// <summary>Drops nodes whose record expired.</summary>
    public bool RemoveExpired(DateTimeOffset now)
    {
        lock (_lock)
        {
            NodeId[] expired = [.. _entries.Values.Where(entry => !entry.Record.IsAlive(now)).Select(entry => entry.Record.Node)];
            Array.ForEach(expired, node => _entries.Remove(node));
            return expired.Length > 0;
        }
    }

    /// <summary>The next measurement of a node is due now.</summary>
    public void Doubt(NodeId node)
    {
        lock (_lock)
        {
            _entries.GetValueOrDefault(node)?.RoundTrips.Doubt();
        }
    }

    /// <summary>Nodes not measured for <paramref name="pace"/>, and all that are passed over: an answer brings them back.</summary>
    public NodeId[] ToMeasure(DateTimeOffset now, TimeSpan pace)
    {
        lock (_lock)
        {
            return [.. _entries.Where(entry => entry.Value.UnreachableSince is not null || now - entry.Value.RoundTrips.Measured >= pace).Select(entry => entry.Key)];
        }
    }

    /// <summary>A node answered a measurement; whether it was passed over until now.</summary>
    public bool Measured(NodeId node, TimeSpan roundTrip, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(node, out Entry? entry))
            {
                return false;
            }

            entry.RoundTrips.Add(roundTrip, now);
            bool found = entry.UnreachableSince is not null;
            entry.UnreachableSince = null;
            return found;
        }
    }

    /// <summary>A measurement took too long; whether the node is passed over from now on.</summary>
    public bool TimedOut(NodeId node, DateTimeOffset now)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(node, out Entry? entry) && ++entry.RoundTrips.TimedOut >= MaxTimeouts && MarkUnreachable(node, now);
        }
    }

    /// <summary>Passes a node over.</summary>
    public bool MarkUnreachable(NodeId node, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(node, out Entry? entry) || entry.UnreachableSince is not null)
            {
                return false;
            }

            entry.UnreachableSince = now;
            return true;
        }
    }

    /// <summary>What is known now.</summary>
    public DirectorySnapshot Snapshot(DateTimeOffset now)
    {
        lock (_lock)
        {
            return new(
                [
                    .. _entries.Values.OrderBy(entry => entry.Record.Node)
                        .Select(entry => new KnownNode(entry.Record, entry.Received, entry.Source, entry.RoundTrips.Best, entry.RoundTrips.LastAdded, entry.UnreachableSince)),
                ],
                now);
        }
    }
}
