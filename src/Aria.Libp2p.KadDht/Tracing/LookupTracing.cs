using System.Collections.Concurrent;
using System.Diagnostics;

namespace Aria.Libp2p.KadDht.Tracing;

/// <summary>
/// Gathers the lookups that the current flow of control makes from here on, until it is disposed: from the spans that every
/// <see cref="KadDht"/> writes to the activity source <c>Aria.Libp2p.KadDht</c>. Lookups of others go by unseen.
/// </summary>
public sealed class LookupTracing : IDisposable
{
    private const int MaxLookups = 256;

    private readonly ConcurrentQueue<LookupTrace> _lookups = new();
    private readonly Activity _root;
    private readonly Activity? _before;
    private readonly ActivityListener _listener;

    /// <summary>Begins to listen.</summary>
    public LookupTracing()
    {
        // A trace of its own, so that nothing else bears its id.
        _before = Activity.Current;
        Activity.Current = null;
        _root = new Activity("kad lookups").SetIdFormat(ActivityIdFormat.W3C).Start();
        ActivityTraceId own = _root.TraceId;
        _listener = new()
        {
            ShouldListenTo = source => source.Name == typeof(KadDht).Namespace,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == own ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == own && activity.OperationName == LookupSpan.Name && _lookups.Count < MaxLookups)
                {
                    _lookups.Enqueue(Read(activity));
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The lookups that have ended, in the order of their ends.</summary>
    public IReadOnlyList<LookupTrace> Lookups => [.. _lookups];

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        _root.Dispose();
        Activity.Current = _before;
    }

    private static LookupTrace Read(Activity span)
    {
        List<LookupStep> steps = [];
        Dictionary<string, int> places = [];
        foreach (ActivityEvent one in span.Events)
        {
            Dictionary<string, object?> tags = one.Tags.ToDictionary();
            string peer = (string)tags[LookupSpan.PeerTag]!;
            TimeSpan at = one.Timestamp.UtcDateTime - span.StartTimeUtc;
            if (one.Name == LookupSpan.AskedEvent)
            {
                places.TryAdd(peer, steps.Count);
                steps.Add(new(peer, Number(tags, LookupSpan.HopTag), Number(tags, LookupSpan.BitsTag), at, LookupStepOutcome.Unfinished, null, 0, false, 0));
            }
            else if (places.TryGetValue(peer, out int place))
            {
                steps[place] = steps[place] with
                {
                    Outcome = OutcomeOf(one.Name),
                    Took = one.Name == LookupSpan.OverdueEvent ? null : at - steps[place].At,
                    Named = Number(tags, LookupSpan.NamedTag),
                    Record = tags.GetValueOrDefault(LookupSpan.RecordTag) is true,
                    Providers = Number(tags, LookupSpan.ProvidersTag),
                };
            }
        }

        Dictionary<string, object?> whole = span.TagObjects.ToDictionary();
        return new(
            (string)whole[LookupSpan.TypeTag]!, span.Duration, Number(whole, LookupSpan.PathsTag), Number(whole, LookupSpan.RequestsTag), Number(whole, LookupSpan.HopsTag),
            Number(whole, LookupSpan.AnsweredTag), steps);
    }

    private static LookupStepOutcome OutcomeOf(string name) => name switch
    {
        LookupSpan.AnsweredEvent => LookupStepOutcome.Answered,
        LookupSpan.FailedEvent => LookupStepOutcome.Failed,
        _ => LookupStepOutcome.Overdue,
    };

    private static int Number(Dictionary<string, object?> tags, string name) => tags.GetValueOrDefault(name) as int? ?? 0;
}
