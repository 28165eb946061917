using System.Diagnostics.Metrics;

namespace Aria.Libp2p.Connections;

/// <summary>What a local peer counts, on a meter of its own: <c>Aria.Libp2p</c>, with the local peer's id as its tag <c>peer</c>.</summary>
internal sealed class PeerMetrics : IDisposable
{
    public const string MeterName = "Aria.Libp2p";

    private readonly Meter _meter;
    private readonly Counter<long> _connections;
    private readonly Counter<long> _refusedConnections;
    private readonly Counter<long> _violations;
    private readonly Counter<long> _refusedStreams;
    private readonly Counter<long> _violatedStreams;

    public PeerMetrics(PeerId peer)
    {
        _meter = new(MeterName, version: null, [new("peer", peer.ToString())]);
        _connections = _meter.CreateCounter<long>("libp2p.connections.opened", "{connection}", "Authenticated connections, by direction");
        _refusedConnections = _meter.CreateCounter<long>("libp2p.connections.refused", "{connection}", "Inbound connections that never became authenticated ones, by reason");
        _violations = _meter.CreateCounter<long>("libp2p.connections.violated", "{connection}", "Authenticated connections that ended because the remote end broke a protocol");
        _refusedStreams = _meter.CreateCounter<long>("libp2p.streams.refused", "{stream}", "Inbound streams that no handler took, by reason");
        _violatedStreams = _meter.CreateCounter<long>("libp2p.streams.violated", "{stream}", "Streams that were reset because the remote end broke their protocol, by protocol");
    }

    public void ConnectionOpened(bool isOutbound) => _connections.Add(1, new KeyValuePair<string, object?>("direction", isOutbound ? "outbound" : "inbound"));

    public void ConnectionRefused(string reason) => _refusedConnections.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void ConnectionViolated() => _violations.Add(1);

    public void StreamRefused(string reason) => _refusedStreams.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void StreamViolated(string protocol) => _violatedStreams.Add(1, new KeyValuePair<string, object?>("protocol", protocol));

    public void Dispose() => _meter.Dispose();
}
