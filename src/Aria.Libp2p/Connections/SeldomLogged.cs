using System.Net;

namespace Aria.Libp2p.Connections;

/// <summary>
/// Which of many like events is worth a line: the first of a key, then none until <paramref name="silence"/> has passed, so that whoever misbehaves on and on is counted each time
/// and written down once.
/// </summary>
internal sealed class SeldomLogged(TimeSpan silence, TimeProvider time)
{
    private const int MaxKeys = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _logged = [];

    /// <summary>Of what one host causes: an identity costs nothing, an address does.</summary>
    public bool IsDue(string what, Multiaddress from) =>
        IsDue($"{what} {(AddressQuota.TryGetHost(from, countsPrivate: true, out IPAddress? host) ? host.ToString() : from.Parts[0].Value)}");

    public bool IsDue(string key)
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            if (_logged.TryGetValue(key, out long last) && time.GetElapsedTime(last, now) < silence)
            {
                return false;
            }

            if (_logged.Count >= MaxKeys && !_logged.ContainsKey(key))
            {
                _logged.Clear();        // rather a line too many than ever more memory
            }

            _logged[key] = now;
            return true;
        }
    }
}
