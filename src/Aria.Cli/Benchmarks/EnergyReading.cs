using Aria.Pipeline.Energy;
using Aria.Provenance.Receipts;

namespace Aria.Cli.Benchmarks;

/// <summary>
/// Energy of what was measured, by the means that nodes claim theirs with: the processor's counters where they can be read, else watts that the user gave, else nothing.
/// </summary>
internal sealed class EnergyReading(EnergyMeter meter)
{
    private long _before;

    /// <summary><c>rapl</c>, <c>estimate-tdp</c> or <c>none</c>.</summary>
    public string Method => meter.Method.Name;

    public static EnergyReading Open(double? tdpWatts, int threads)
    {
        // Counters need no design power; where there are none the placeholder must not become an estimate.
        EnergyMeter meter = EnergyMeter.Open(tdpWatts ?? 1, threads, Environment.ProcessorCount);
        return new(tdpWatts is null && meter.Method != EnergyMethod.Rapl ? EnergyMeter.None : meter);
    }

    public void Begin() => _before = meter.Read();

    /// <summary>For each of <paramref name="tokens"/> since <see cref="Begin"/>; null without a method, or when the counters failed meanwhile.</summary>
    public BenchEnergy? End(TimeSpan elapsed, int tokens)
    {
        if (meter.Method == EnergyMethod.None)
        {
            return null;
        }

        EnergyClaim claim = meter.Claim(elapsed, elapsed, _before, meter.Read());
        return claim.Method == meter.Method ? new(claim.LowMillijoules / (double)tokens, claim.HighMillijoules / (double)tokens) : null;
    }
}
