using System.Diagnostics.Metrics;
using Aria.Libp2p.Nat.Circuits;

namespace Aria.Libp2p.Nat;

/// <summary>What a local peer does for others, on a meter of its own: <c>Aria.Libp2p.Nat</c>, with the local peer's id as its tag <c>peer</c>.</summary>
internal sealed class NatMetrics : IDisposable
{
    public const string MeterName = "Aria.Libp2p.Nat";

    private readonly Meter _meter;
    private readonly Counter<long> _reservations;
    private readonly Counter<long> _circuits;
    private readonly Counter<long> _probes;

    public NatMetrics(PeerId peer)
    {
        _meter = new(MeterName, version: null, [new("peer", peer.ToString())]);
        _reservations = _meter.CreateCounter<long>("libp2p.relay.reservations", "{request}", "Requests for a reservation, by the status of the answer");
        _circuits = _meter.CreateCounter<long>("libp2p.relay.circuits", "{request}", "Requests for a circuit, by the status of the answer");
        _probes = _meter.CreateCounter<long>("libp2p.autonat.requests", "{request}", "Requests to be dialed back, by version and answer");
    }

    public void ReservationAnswered(CircuitStatus status) => _reservations.Add(1, new KeyValuePair<string, object?>("status", status.ToString()));

    public void CircuitAnswered(CircuitStatus status) => _circuits.Add(1, new KeyValuePair<string, object?>("status", status.ToString()));

    public void ProbeAnswered(int version, string answer) =>
        _probes.Add(1, new KeyValuePair<string, object?>("version", version), new KeyValuePair<string, object?>("answer", answer));

    public void Dispose() => _meter.Dispose();
}
