using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Benchmarks;

/// <summary>What the peers of this process counted and logged.</summary>
internal sealed class Tally : ILoggerFactory, ILogger
{
    private const string MeterName = "Aria.Libp2p";

    private readonly ConcurrentDictionary<string, long> _counts = new();
    private readonly MeterListener _listener = new();

    public Tally()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            Count(tags.Length == 0 ? instrument.Name : $"{instrument.Name}/{tags[0].Value}", value));
        _listener.Start();
    }

    /// <summary>Counters by name and tag; <c>logged/LEVEL</c> are lines.</summary>
    public JsonObject ToJson() => new(_counts.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value)));

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Count($"logged/{logLevel}", formatter(state, exception).Length > 0 ? 1 : 0);

    public void Dispose() => _listener.Dispose();

    private void Count(string name, long value) => _counts.AddOrUpdate(name, value, (_, before) => before + value);
}
