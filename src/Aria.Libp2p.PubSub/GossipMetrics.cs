using System.Diagnostics.Metrics;

namespace Aria.Libp2p.PubSub;

/// <summary>What is counted, on the meter <c>Aria.Libp2p.PubSub</c>, with the local peer's id as its tag <c>peer</c>.</summary>
internal sealed class GossipMetrics : IDisposable
{
    public const string MeterName = "Aria.Libp2p.PubSub";

    private readonly Meter _meter;
    private readonly Counter<long> _published;
    private readonly Counter<long> _checked;
    private readonly Counter<long> _delivered;
    private readonly Counter<long> _droppedMessages;
    private readonly Counter<long> _droppedFrames;
    private readonly Counter<long> _refusedFrames;

    public GossipMetrics(PeerId peer)
    {
        _meter = new(MeterName, version: null, [new("peer", peer.ToString())]);
        _published = _meter.CreateCounter<long>("libp2p.pubsub.messages.published", "{message}", "Own messages");
        _checked = _meter.CreateCounter<long>("libp2p.pubsub.messages.checked", "{message}", "Messages of others that were checked, by outcome");
        _delivered = _meter.CreateCounter<long>("libp2p.pubsub.messages.delivered", "{message}", "Messages of others that were accepted on an own topic");
        _droppedMessages = _meter.CreateCounter<long>("libp2p.pubsub.messages.dropped", "{message}", "Messages of others for whose check there was no room");
        _droppedFrames = _meter.CreateCounter<long>("libp2p.pubsub.frames.dropped", "{frame}", "Frames that a peer reads too slowly for");
        _refusedFrames = _meter.CreateCounter<long>("libp2p.pubsub.frames.refused", "{frame}", "Frames that could not be read");
    }

    public void Published() => _published.Add(1);

    public void Checked(string outcome) => _checked.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Delivered() => _delivered.Add(1);

    public void MessageDropped() => _droppedMessages.Add(1);

    public void FrameDropped() => _droppedFrames.Add(1);

    public void FrameRefused() => _refusedFrames.Add(1);

    public void Dispose() => _meter.Dispose();
}
