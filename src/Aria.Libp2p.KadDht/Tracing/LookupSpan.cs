using System.Diagnostics;
using Aria.Libp2p.KadDht.Lookups;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Tracing;

/// <summary>A lookup's span and its events: asked, answered, failed, overdue, each with the peer. Made only where somebody listens.</summary>
internal sealed class LookupSpan : IDisposable
{
    public const string Name = "kad lookup";
    public const string AskedEvent = "asked", AnsweredEvent = "answered", FailedEvent = "failed", OverdueEvent = "overdue";
    public const string PeerTag = "kad.peer", HopTag = "kad.hop", BitsTag = "kad.prefix_bits", NamedTag = "kad.named", RecordTag = "kad.record", ProvidersTag = "kad.providers";
    public const string TypeTag = "kad.type", PathsTag = "kad.paths", RequestsTag = "kad.requests", HopsTag = "kad.hops", AnsweredTag = "kad.answered";

    // A span for every lookup: its type, requests, hops and how many of the closest answered.
    private static readonly ActivitySource Source = new(typeof(KadDht).Namespace!);

    private readonly Activity _activity;
    private readonly KadKey _target;
    private readonly TimeProvider _time;

    private LookupSpan(Activity activity, KadKey target, TimeProvider time) => (_activity, _target, _time) = (activity, target, time);

    /// <summary>Null where nobody listens.</summary>
    public static LookupSpan? Start(KadMessageType type, KadKey target, int paths, TimeProvider time) =>
        Source.StartActivity(Name) is { } activity
            ? new(activity.SetStartTime(time.GetUtcNow().UtcDateTime).SetTag(TypeTag, type.ToString()).SetTag(PathsTag, paths), target, time)
            : null;

    public void Asked(Candidate candidate) => Add(AskedEvent, candidate.Peer.Id, new()
    {
        [HopTag] = candidate.Depth,
        [BitsTag] = _target.CommonPrefixLength(candidate.Key),
    });

    public void Answered(PeerId peer, KadMessage answer) => Add(AnsweredEvent, peer, new()
    {
        [NamedTag] = answer.CloserPeers.Length,
        [RecordTag] = answer.Record is not null,
        [ProvidersTag] = answer.ProviderPeers.Length,
    });

    public void Failed(PeerId peer) => Add(FailedEvent, peer, []);

    public void Overdue(PeerId peer) => Add(OverdueEvent, peer, []);

    public void Done(DisjointLookup lookup) =>
        _activity.SetTag(RequestsTag, lookup.Requests).SetTag(HopsTag, lookup.Hops).SetTag(AnsweredTag, lookup.Closest.Count)
            .SetEndTime(_time.GetUtcNow().UtcDateTime);

    public void Dispose() => _activity.Dispose();

    private void Add(string name, PeerId peer, ActivityTagsCollection tags)
    {
        tags[PeerTag] = peer.ToString();
        _activity.AddEvent(new(name, _time.GetUtcNow(), tags));
    }
}
