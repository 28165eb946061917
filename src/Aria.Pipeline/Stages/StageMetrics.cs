using System.Diagnostics.Metrics;
using Aria.Pipeline.Control;

namespace Aria.Pipeline.Stages;

/// <summary>What a stage host counts, on a meter of its own: <c>Aria.Pipeline</c>, with the node as its tag <c>node</c>.</summary>
internal sealed class StageMetrics : IDisposable
{
    public const string MeterName = "Aria.Pipeline";

    private readonly Meter _meter;
    private readonly UpDownCounter<int> _sessions;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _faults;
    private readonly Counter<long> _positions;
    private readonly Histogram<double> _steps;

    public StageMetrics(NodeId node)
    {
        _meter = new(MeterName, version: null, [new("node", node.ToString())]);
        _sessions = _meter.CreateUpDownCounter<int>("aria.pipeline.sessions", "{session}", "Sessions that hold a key-value cache");
        _refusals = _meter.CreateCounter<long>("aria.pipeline.refusals", "{session}", "Sessions asked for and refused, by code");
        _faults = _meter.CreateCounter<long>("aria.pipeline.faults", "{fault}", "Sessions given up, by code");
        _positions = _meter.CreateCounter<long>("aria.pipeline.positions", "{position}", "Positions computed");
        _steps = _meter.CreateHistogram<double>("aria.pipeline.step.duration", "ms", "Time an engine took for a frame");
    }

    public void SessionBegan() => _sessions.Add(1);

    public void SessionEnded() => _sessions.Add(-1);

    public void Refused(RefusalCode code) => _refusals.Add(1, new KeyValuePair<string, object?>("code", code.ToString()));

    public void Faulted(FaultCode code) => _faults.Add(1, new KeyValuePair<string, object?>("code", code.ToString()));

    public void Computed(int positions, TimeSpan duration)
    {
        _positions.Add(positions);
        _steps.Record(duration.TotalMilliseconds);
    }

    public void Dispose() => _meter.Dispose();
}
