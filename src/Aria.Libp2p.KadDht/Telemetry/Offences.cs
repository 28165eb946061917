using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.KadDht.Telemetry;

/// <summary>Counts every offence, and logs the first of each kind of each peer.</summary>
internal sealed partial class Offences(KadMetrics metrics, ILogger logger)
{
    private const int MaxTold = 4096;       // then everything is only counted: whoever has so many identities shall not fill the log

    private readonly HashSet<(PeerId Peer, Offence Kind)> _told = [];
    private readonly Lock _lock = new();

    public void Add(PeerId peer, Offence kind, string what)
    {
        metrics.Offended(kind);
        lock (_lock)
        {
            if (_told.Count >= MaxTold || !_told.Add((peer, kind)))
            {
                return;
            }
        }

        LogOffence(logger, peer, kind, what);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Peer} broke the hash table's protocol ({Kind}): {What} Further ones of this kind are only counted")]
    private static partial void LogOffence(ILogger logger, PeerId peer, Offence kind, string what);
}
