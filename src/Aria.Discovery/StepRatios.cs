using System.Collections.Concurrent;
using Aria.Scheduling;

namespace Aria.Discovery;

/// <summary>
/// How much longer steps took than nodes claimed, as this requester saw it. A claim counts as it is while it lies within a factor of two of
/// what was measured, and is pulled to that bound otherwise (specs/discovery.md §7).
/// </summary>
internal sealed class StepRatios
{
    private const double Tolerance = 2;
    private const double Weight = 0.25;     // of the newest measurement
    private const int MaxEntries = 4096;

    private readonly ConcurrentDictionary<(NodeId Node, ModelId Model), double> _ratios = new();

    /// <summary>A step that was claimed to take <paramref name="claimed"/> microseconds took <paramref name="measured"/>.</summary>
    public void Add(NodeId node, ModelId model, long claimed, double measured)
    {
        double ratio = measured / Math.Max(1, claimed);
        if (_ratios.Count < MaxEntries || _ratios.ContainsKey((node, model)))
        {
            _ratios.AddOrUpdate((node, model), ratio, (_, before) => before + (Weight * (ratio - before)));
        }
    }

    /// <summary>What a claim counts as.</summary>
    public StepCost Apply(NodeId node, ModelId model, StepCost claim)
    {
        if (!_ratios.TryGetValue((node, model), out double ratio))
        {
            return claim;
        }

        double factor = Math.Clamp(1, ratio / Tolerance, ratio * Tolerance);
        return new(Scale(claim.Overhead, factor), Scale(claim.PerLayer, factor), Scale(claim.Head, factor));
    }

    // Factor 1 changes nothing; a claim of nothing counts as one microsecond once measured as more.
    private static long Scale(long claim, double factor) =>
        factor == 1 ? claim : (long)Math.Clamp(Math.Round(Math.Max(1, claim) * factor), 0, StepCost.MaxMicroseconds);
}
