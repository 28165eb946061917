using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Records;

/// <summary>
/// The values that this peer holds: one a key, valid when stored and again when served, bounded in number and bytes. When full, what stands
/// farthest from this peer makes way for what stands closer, so that strangers cannot flush it (specs/dht.md §6).
/// </summary>
internal sealed class RecordStore(PeerId self, RecordNamespaces namespaces, int maxRecords, int maxValueBytes, long maxBytes)
{
    private readonly Dictionary<byte[], StoredRecord> _records = new(ByteKeys.Comparer);
    private readonly SortedSet<StoredRecord> _byDistance = new(NearerFirst(KadKey.Of(self)));
    private readonly Lock _lock = new();
    private long _bytes;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _records.Count;
            }
        }
    }

    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Takes a value if it is valid, no worse than the one held, and there is room.</summary>
    public OfferOutcome Offer(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, DateTimeOffset now)
    {
        if (key.Length > KadMessageCodec.MaxKeyBytes || value.Length > maxValueBytes || !namespaces.TryFind(key, out IRecordValidator? validator) || !validator.Validate(key, value, now))
        {
            return OfferOutcome.Invalid;
        }

        StoredRecord record = new(key.ToArray(), KadKey.Of(key), value.ToArray(), now, now + validator.Lifetime);
        lock (_lock)
        {
            StoredRecord? held = _records.GetValueOrDefault(record.Key);
            bool same = held?.Value.AsSpan().SequenceEqual(value) == true;
            if (held is not null && !same && IsAlive(held, validator, now) && validator.SelectBest(key, [held.Value, record.Value]) == 0)
            {
                return OfferOutcome.Worse;
            }

            if (held is not null)
            {
                Drop(held);
            }

            if (!MakeRoom(record))
            {
                return OfferOutcome.Full;
            }

            _records.Add(record.Key, record);
            _byDistance.Add(record);
            _bytes += record.Bytes;
            return same ? OfferOutcome.Renewed : OfferOutcome.Stored;
        }
    }

    /// <summary>The value under a key, if one is held that is still valid; one that is not is dropped.</summary>
    public StoredRecord? Find(ReadOnlySpan<byte> key, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (!_records.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out StoredRecord? held))
            {
                return null;
            }

            if (namespaces.TryFind(key, out IRecordValidator? validator) && IsAlive(held, validator, now))
            {
                return held;
            }

            Drop(held);
            return null;
        }
    }

    /// <summary>Drops what outlived its lifetime; how many that were.</summary>
    public int RemoveExpired(DateTimeOffset now)
    {
        lock (_lock)
        {
            StoredRecord[] expired = [.. _records.Values.Where(record => record.Expires <= now)];
            Array.ForEach(expired, Drop);
            return expired.Length;
        }
    }

    private static bool IsAlive(StoredRecord held, IRecordValidator validator, DateTimeOffset now) =>
        now < held.Expires && validator.Validate(held.Key, held.Value, now);

    private static Comparer<StoredRecord> NearerFirst(KadKey self) => Comparer<StoredRecord>.Create((left, right) =>
    {
        int order = self.CompareDistance(left.Place, right.Place);
        return order != 0 ? order : left.Key.AsSpan().SequenceCompareTo(right.Key);
    });

    private bool MakeRoom(StoredRecord coming)
    {
        while (_records.Count >= maxRecords || _bytes + coming.Bytes > maxBytes)
        {
            if (_byDistance.Max is not { } farthest || _byDistance.Comparer.Compare(farthest, coming) < 0)
            {
                return false;
            }

            Drop(farthest);
        }

        return true;
    }

    private void Drop(StoredRecord record)
    {
        _records.Remove(record.Key);
        _byDistance.Remove(record);
        _bytes -= record.Bytes;
    }
}
