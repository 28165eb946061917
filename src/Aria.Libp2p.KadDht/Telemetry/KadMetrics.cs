using System.Diagnostics.Metrics;

namespace Aria.Libp2p.KadDht.Telemetry;

/// <summary>What a hash table counts, on a meter of its own: <c>Aria.Libp2p.KadDht</c>, with the local peer's id as its tag <c>peer</c>.</summary>
internal sealed class KadMetrics : IDisposable
{
    public const string MeterName = "Aria.Libp2p.KadDht";

    private readonly Meter _meter;
    private readonly Counter<long> _lookups;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _offences;

    public KadMetrics(PeerId peer)
    {
        _meter = new(MeterName, version: null, [new("peer", peer.ToString())]);
        _lookups = _meter.CreateCounter<long>("kad.lookups", "{lookup}", "Lookups, by how they ended: done, enough, exhausted, late");
        _requests = _meter.CreateCounter<long>("kad.requests", "{request}", "Requests to other peers, by what came of them");
        _refused = _meter.CreateCounter<long>("kad.requests.refused", "{request}", "Requests of other peers that were refused, by reason");
        _offences = _meter.CreateCounter<long>("kad.offences", "{offence}", "What other peers did against the protocol, by kind");
    }

    public void LookupEnded(string how) => _lookups.Add(1, new KeyValuePair<string, object?>("end", how));

    public void RequestEnded(string outcome) => _requests.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void RequestRefused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Offended(Offence kind) => _offences.Add(1, new KeyValuePair<string, object?>("kind", kind.ToString()));

    public void Dispose() => _meter.Dispose();
}
