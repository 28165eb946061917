using Aria.Libp2p.PubSub.Messages;

namespace Aria.Libp2p.PubSub.Routing;

/// <summary>Control messages of one step, gathered so that each peer gets one frame of them.</summary>
internal sealed class ControlOutbox
{
    private readonly Dictionary<PeerId, Batch> _batches = [];

    private sealed class Batch
    {
        public List<Announcement> IHave { get; } = [];

        public List<MessageId> IWant { get; } = [];

        public List<string> Graft { get; } = [];

        public List<Pruning> Prune { get; } = [];

        public List<MessageId> IDontWant { get; } = [];
    }

    public void IHave(PeerId to, Announcement announcement) => For(to).IHave.Add(announcement);

    public void IWant(PeerId to, IEnumerable<MessageId> ids) => For(to).IWant.AddRange(ids);

    public void Graft(PeerId to, string topic) => For(to).Graft.Add(topic);

    public void Prune(PeerId to, Pruning pruning) => For(to).Prune.Add(pruning);

    public void IDontWant(PeerId to, MessageId id) => For(to).IDontWant.Add(id);

    public void Forget(PeerId peer) => _batches.Remove(peer);

    /// <summary>Moves everything into <paramref name="actions"/>. What may be dropped and what may not goes in frames of its own; so does each announcement, which may be long.</summary>
    public void Flush(List<RouterAction> actions)
    {
        foreach ((PeerId to, Batch batch) in _batches)
        {
            if (batch.Graft.Count + batch.Prune.Count > 0)
            {
                actions.Add(new RouterAction.Send(to, new() { Graft = batch.Graft, Prune = batch.Prune }));
            }

            if (batch.IWant.Count + batch.IDontWant.Count > 0)
            {
                actions.Add(new RouterAction.Send(to, new() { IWant = batch.IWant, IDontWant = batch.IDontWant }));
            }

            foreach (Announcement announcement in batch.IHave)
            {
                actions.Add(new RouterAction.Send(to, new() { IHave = [announcement] }));
            }
        }

        _batches.Clear();
    }

    private Batch For(PeerId to)
    {
        if (!_batches.TryGetValue(to, out Batch? batch))
        {
            _batches[to] = batch = new();
        }

        return batch;
    }
}
