using System.Net;

namespace Aria.Libp2p.Connections;

/// <summary>
/// How fast hosts may connect: each has a bucket of <paramref name="burst"/> connections that fills again at <paramref name="perSecond"/>. Hosts are those of
/// <see cref="AddressQuota"/>; full buckets are forgotten, and where too many hosts have one, new hosts share a last one.
/// </summary>
internal sealed class AcceptRate(double perSecond, int burst, bool countsPrivate, TimeProvider time)
{
    private const int MaxHosts = 4096;

    private static readonly IPAddress EverybodyElse = IPAddress.None;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, (double Left, long At)> _buckets = [];

    /// <summary>Takes a connection from the host's bucket; false where it is empty.</summary>
    public bool TryTake(Multiaddress address)
    {
        if (!AddressQuota.TryGetHost(address, countsPrivate, out IPAddress? host))
        {
            return true;
        }

        lock (_gate)
        {
            long now = time.GetTimestamp();
            if (_buckets.Count >= MaxHosts && !_buckets.ContainsKey(host))
            {
                ForgetFull(now);
                host = _buckets.Count >= MaxHosts ? EverybodyElse : host;
            }

            double left = _buckets.TryGetValue(host, out var bucket) ? LeftAt(bucket, now) : burst;
            if (left < 1)
            {
                return false;
            }

            _buckets[host] = (left - 1, now);
            return true;
        }
    }

    private double LeftAt((double Left, long At) bucket, long now) => Math.Min(burst, bucket.Left + time.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond);

    private void ForgetFull(long now)
    {
        foreach (IPAddress host in _buckets.Where(one => LeftAt(one.Value, now) >= burst).Select(one => one.Key).ToArray())
        {
            _buckets.Remove(host);
        }
    }
}
