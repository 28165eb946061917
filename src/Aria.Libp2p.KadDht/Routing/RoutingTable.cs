namespace Aria.Libp2p.KadDht.Routing;

/// <summary>
/// The peers that this one knows, many of those close to it and fewer of those far away: bucket i holds contacts that share exactly i leading
/// bits with the own key (specs/dht.md §3). Pure but for its lock: no clock, no network.
/// </summary>
internal sealed class RoutingTable(PeerId self, int bucketSize, int maxPerGroupInBucket, int maxPerGroupInTable)
{
    private readonly KadKey _self = KadKey.Of(self);
    private readonly KBucket?[] _buckets = new KBucket?[KadKey.Bits];
    private readonly Dictionary<IpGroup, int> _groups = [];
    private readonly Lock _lock = new();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public AddOutcome Add(Contact contact)
    {
        if (contact.Id == self)
        {
            return AddOutcome.Self;
        }

        lock (_lock)
        {
            KBucket bucket = _buckets[BucketOf(contact.Key)] ??= new();
            if (bucket.IndexOf(contact.Id) >= 0)
            {
                return AddOutcome.Known;
            }

            if (!HasRoomForGroups(bucket, contact))
            {
                return AddOutcome.GroupFull;
            }

            if (bucket.Contacts.Count == bucketSize)
            {
                bucket.Wait(contact, bucketSize);
                return AddOutcome.Waiting;
            }

            Enter(bucket, contact);
            return AddOutcome.Added;
        }
    }

    /// <summary>Takes a peer out; a waiting contact of its bucket gets the place. False where it was not in the table.</summary>
    public bool Remove(PeerId id)
    {
        lock (_lock)
        {
            if (id == self || _buckets[BucketOf(KadKey.Of(id))] is not { } bucket)
            {
                return false;
            }

            bucket.Forget(id);
            int at = bucket.IndexOf(id);
            if (at < 0)
            {
                return false;
            }

            foreach (IpGroup group in bucket.Contacts[at].Groups)
            {
                _groups[group]--;
            }

            bucket.Contacts.RemoveAt(at);
            _count--;
            Promote(bucket);
            return true;
        }
    }

    public bool Contains(PeerId id)
    {
        lock (_lock)
        {
            return id != self && _buckets[BucketOf(KadKey.Of(id))] is { } bucket && bucket.IndexOf(id) >= 0;
        }
    }

    /// <summary>Up to <paramref name="count"/> contacts, the closest to <paramref name="target"/> first.</summary>
    public List<Contact> Closest(KadKey target, int count)
    {
        List<Contact> found = [];
        lock (_lock)
        {
            // Contacts of the target's own bucket share more bits with it than any other; those of all deeper buckets share
            // exactly as many as this peer does; shallower ones share ever fewer.
            int own = _self.CommonPrefixLength(target);
            for (int i = own; i < KadKey.Bits; i++)
            {
                Take(i);
            }

            for (int i = Math.Min(own, KadKey.Bits) - 1; i >= 0 && found.Count < count; i--)
            {
                Take(i);
            }
        }

        found.Sort((left, right) => target.CompareDistance(left.Key, right.Key));
        if (found.Count > count)
        {
            found.RemoveRange(count, found.Count - count);
        }

        return found;

        void Take(int bucket)
        {
            if (_buckets[bucket] is { } taken)
            {
                found.AddRange(taken.Contacts);
            }
        }
    }

    /// <summary>Every contact.</summary>
    public List<Contact> All() => Closest(_self, int.MaxValue);

    /// <summary>The buckets that hold contacts, the far half of the space first.</summary>
    public List<int> FilledBuckets()
    {
        lock (_lock)
        {
            return [.. Enumerable.Range(0, KadKey.Bits).Where(i => _buckets[i] is { Contacts.Count: > 0 })];
        }
    }

    private int BucketOf(KadKey key) => Math.Min(_self.CommonPrefixLength(key), KadKey.Bits - 1);

    private bool HasRoomForGroups(KBucket bucket, Contact contact) =>
        contact.Groups.All(group => _groups.GetValueOrDefault(group) < maxPerGroupInTable
            && bucket.Contacts.Count(other => other.Groups.Contains(group)) < maxPerGroupInBucket);

    private void Enter(KBucket bucket, Contact contact)
    {
        bucket.Forget(contact.Id);
        bucket.Contacts.Add(contact);
        _count++;
        foreach (IpGroup group in contact.Groups)
        {
            _groups[group] = _groups.GetValueOrDefault(group) + 1;
        }
    }

    private void Promote(KBucket bucket)
    {
        for (int i = bucket.Waiting.Count - 1; i >= 0; i--)
        {
            if (HasRoomForGroups(bucket, bucket.Waiting[i]))
            {
                Enter(bucket, bucket.Waiting[i]);
                return;
            }
        }
    }
}
