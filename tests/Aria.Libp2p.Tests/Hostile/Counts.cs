using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Aria.Libp2p.Connections;

namespace Aria.Libp2p.Tests.Hostile;

/// <summary>The counters of one local peer, and a wait for them.</summary>
internal sealed class Counts : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _counts = new();
    private readonly SemaphoreSlim _changed = new(0);

    /// <summary>Counts from before the peer exists on: its id is known by its identity.</summary>
    public Counts(LocalPeer peer)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == PeerMetrics.MeterName && instrument.Meter.Tags!.Any(tag => Equals(tag.Value, peer.Id.ToString())))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            string name = instrument.Name + string.Concat(tags.ToArray().Select(tag => $"/{tag.Value}"));
            _counts.AddOrUpdate(name, value, (_, before) => before + value);
            _changed.Release();
        });
        _listener.Start();
    }

    public long Of(string name) => _counts.GetValueOrDefault(name);

    /// <summary>Waits until a counter, <c>name/tag</c>, has reached a value.</summary>
    public async Task WaitForAsync(string name, long value)
    {
        while (Of(name) < value)
        {
            await _changed.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _changed.Dispose();
    }
}
