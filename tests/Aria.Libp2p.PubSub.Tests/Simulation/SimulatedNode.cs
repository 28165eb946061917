using Aria.Libp2p.PubSub.Messages;
using Aria.Libp2p.PubSub.Routing;

namespace Aria.Libp2p.PubSub.Tests.Simulation;

/// <summary>What a node does beside its router: nothing, or harm.</summary>
internal enum Misconduct
{
    None,

    /// <summary>Grafts and forwards nothing.</summary>
    Mute,

    /// <summary>The same, and announces messages that do not exist.</summary>
    Announces,

    /// <summary>The same, and sends messages with wrong signatures.</summary>
    Forges,
}

/// <summary>One node of a <see cref="SimulatedNetwork"/>.</summary>
internal sealed class SimulatedNode(SimulatedNetwork network, int number, GossipOptions options, int seed, bool isHonest)
{
    private readonly GossipRouter _router = new(Peers.Id(number), options, seed);
    private ulong _sequence;

    public PeerId Id { get; } = Peers.Id(number);

    public GossipOptions Options { get; } = options;

    public bool IsHonest { get; } = isHonest;

    public Misconduct Misconduct { get; init; }

    public HashSet<PeerId> Neighbours { get; } = [];

    /// <summary>Those that pruned it or that it pruned: the back-off between them is longer than a run.</summary>
    public HashSet<PeerId> Pruned { get; } = [];

    /// <summary>When each message came.</summary>
    public Dictionary<MessageId, TimeSpan> Delivered { get; } = [];

    public IReadOnlyCollection<PeerId> Mesh => _router.MeshOf(SimulatedNetwork.Topic);

    public double ScoreOf(PeerId peer) => _router.ScoreOf(peer);

    public void Act(Action<GossipRouter> step)
    {
        step(_router);
        foreach (RouterAction action in _router.TakeActions())
        {
            switch (action)
            {
                case RouterAction.Send(var to, var rpc):
                    NotePrune(to, rpc);
                    network.Send(this, to, IsHonest ? rpc : rpc with { Messages = [] });
                    break;
                case RouterAction.Check(var arrival):
                    network.Check(this, arrival);
                    break;
                case RouterAction.Deliver(_, var id, _):
                    Delivered.Add(id, network.Now);
                    break;
            }
        }
    }

    public void Subscribe() => Act(router => router.Subscribe(SimulatedNetwork.Topic, network.Now));

    public MessageId Publish(int bytes)
    {
        GossipMessage message = GossipMessage.Create(Peers.Identity(number), ++_sequence, SimulatedNetwork.Topic, new byte[bytes]);
        Act(router => router.Publish(message, network.Now));
        return Options.IdOf(message);
    }

    public void Hear(PeerId from, Rpc rpc)
    {
        NotePrune(from, rpc);
        Act(router => router.Receive(from, rpc, network.Now));
        if (!IsHonest && rpc.Prune.Count > 0)
        {
            network.Send(this, from, new() { Graft = [SimulatedNetwork.Topic] });     // it does not take no for an answer
        }
    }

    private void NotePrune(PeerId other, Rpc rpc)
    {
        if (rpc.Prune.Count > 0)
        {
            Pruned.Add(other);
        }
    }

    public void Beat()
    {
        Act(router => router.Heartbeat(network.Now));
        foreach (PeerId neighbour in IsHonest ? [] : Neighbours)
        {
            byte[] noise = new byte[40];
            network.Random.NextBytes(noise);
            switch (Misconduct)
            {
                case Misconduct.Announces:
                    network.Send(this, neighbour, new() { IHave = [new(SimulatedNetwork.Topic, [new(noise)])] });
                    break;
                case Misconduct.Forges:
                    byte[] forged = GossipMessage.Create(Peers.Identity(number), ++_sequence, SimulatedNetwork.Topic, noise).Encoded.ToArray();
                    forged[^1] ^= 1;
                    network.Send(this, neighbour, new() { Messages = [RpcCodec.DecodeMessage(forged)] });
                    break;
            }
        }
    }
}
