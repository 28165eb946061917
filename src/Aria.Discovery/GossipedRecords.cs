using Aria.Libp2p;
using Aria.Libp2p.PubSub;

namespace Aria.Discovery;

/// <summary>Judges records that come through gossip (specs/discovery.md §8). Knows no clock and no network; one thread at a time.</summary>
internal sealed class GossipedRecords(string network)
{
    private const int MaxNodes = 4096;
    private const double Burst = 8;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Overtaken = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenClocks = TimeSpan.FromMinutes(2);

    private readonly Dictionary<PeerId, Author> _authors = [];
    private DateTimeOffset _lastForgotten = DateTimeOffset.MinValue;

    private sealed class Author(DateTimeOffset now)
    {
        private double _allowed = Burst;
        private DateTimeOffset _counted = now;

        public long Sequence { get; set; } = -1;

        public DateTimeOffset Accepted { get; set; }

        public DateTimeOffset ForgottenAt { get; set; } = now + CapabilityBounds.Lifetime;

        public bool TryTake(DateTimeOffset now)
        {
            _allowed = Math.Min(Burst, _allowed + (Math.Max(0, (now - _counted).TotalSeconds) / Interval.TotalSeconds));
            _counted = now;
            bool isAllowed = _allowed >= 1;
            _allowed -= isAllowed ? 1 : 0;
            return isAllowed;
        }
    }

    /// <summary>What is to be said of an envelope that <paramref name="author"/> published; the record where it is accepted.</summary>
    public (ValidationVerdict Verdict, CapabilityRecord? Record) Judge(PeerId author, ReadOnlySpan<byte> envelope, DateTimeOffset now)
    {
        CapabilityStatus status = CapabilityRecord.TryOpen(CapabilityRecord.KeyOf(author), envelope, now, out CapabilityRecord? record);
        if (status is CapabilityStatus.Expired or CapabilityStatus.TooLongLived)
        {
            return (IsBetweenClocks(envelope, now) ? ValidationVerdict.Ignore : ValidationVerdict.Reject, null);
        }

        if (status != CapabilityStatus.Done || record!.Network != network)
        {
            return (ValidationVerdict.Reject, null);
        }

        Forget(now);
        if (!_authors.TryGetValue(author, out Author? known))
        {
            if (_authors.Count >= MaxNodes)
            {
                return (ValidationVerdict.Ignore, null);
            }

            _authors[author] = known = new(now);
        }

        if (record.Sequence <= known.Sequence)
        {
            return (now - known.Accepted > Overtaken ? ValidationVerdict.Reject : ValidationVerdict.Ignore, null);
        }

        if (!known.TryTake(now))
        {
            return (ValidationVerdict.Ignore, null);
        }

        known.Sequence = record.Sequence;
        known.Accepted = now;
        known.ForgottenAt = DateTimeOffset.FromUnixTimeMilliseconds(record.ExpiresUnixMs);
        return (ValidationVerdict.Accept, record);
    }

    private static bool IsBetweenClocks(ReadOnlySpan<byte> envelope, DateTimeOffset now) =>
        CapabilityRecord.TryRead(envelope, out _, out CapabilityRecord? record) == CapabilityStatus.Done
        && record!.IsAlive(now - BetweenClocks)
        && record.ExpiresUnixMs <= (now + CapabilityBounds.MaxLifetime + BetweenClocks).ToUnixTimeMilliseconds();

    private void Forget(DateTimeOffset now)
    {
        if (now - _lastForgotten < Interval)
        {
            return;
        }

        _lastForgotten = now;
        foreach (PeerId gone in _authors.Where(one => one.Value.ForgottenAt <= now).Select(one => one.Key).ToArray())
        {
            _authors.Remove(gone);
        }
    }
}
