using Aria.Libp2p.PubSub.Messages;
using Aria.Libp2p.PubSub.Routing;

namespace Aria.Libp2p.PubSub.Tests.Routing;

/// <summary>One router, stepped by hand, whose peers are numbers; peer 0 is the router's own.</summary>
internal sealed class Bench
{
    public const string Topic = "t";

    private readonly List<RouterAction> _done = [];
    private ulong _sequence;

    public Bench(GossipOptions? options = null, int seed = 1)
    {
        Options = options ?? new();
        Router = new(Peers.Id(0), Options, seed);
    }

    public GossipOptions Options { get; }

    public GossipRouter Router { get; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(1);

    /// <summary>What the router wanted since the last call.</summary>
    public IReadOnlyList<RouterAction> Take()
    {
        RouterAction[] taken = [.. _done, .. Router.TakeActions()];
        _done.Clear();
        return taken;
    }

    /// <summary>Frames to a peer since the last call; those to others are forgotten too.</summary>
    public Rpc[] Sent(int to) => [.. Take().OfType<RouterAction.Send>().Where(send => send.To == Peers.Id(to)).Select(send => send.Rpc)];

    public void Join(int peer, GossipVersion version = GossipVersion.V12, bool isOutbound = true, string? host = null, string? topic = Topic)
    {
        Router.Join(new(Peers.Id(peer), version, isOutbound, host, default));
        if (topic is not null)
        {
            Hear(peer, new() { Subscriptions = [new(topic, IsSubscribed: true)] });
        }
    }

    public void JoinMany(int first, int count, bool isOutbound = true)
    {
        for (int peer = first; peer < first + count; peer++)
        {
            Join(peer, isOutbound: isOutbound);
        }
    }

    public void Hear(int from, Rpc rpc) => Router.Receive(Peers.Id(from), rpc, Now);

    public GossipMessage MessageOf(int author, int bytes = 10, string topic = Topic) => GossipMessage.Create(Peers.Identity(author), ++_sequence, topic, new byte[bytes]);

    public MessageId IdOf(GossipMessage message) => Options.IdOf(message);

    /// <summary>A message comes from a peer and goes through its checks.</summary>
    public void Bring(int from, GossipMessage message, ValidationVerdict verdict = ValidationVerdict.Accept)
    {
        Hear(from, new() { Messages = [message] });
        foreach (RouterAction action in Router.TakeActions())
        {
            _done.Add(action);
            if (action is RouterAction.Check(var arrival) && Router.Checked(arrival, MessageSignature.Verify(arrival.Message), Now))
            {
                _done.AddRange(Router.TakeActions());
                Router.Validated(arrival, verdict, Now);
            }
        }
    }

    public void Pass(TimeSpan time) => Now += time;

    public void Beat(int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            Now += Options.HeartbeatInterval;
            Router.Heartbeat(Now);
        }
    }

    public int[] Mesh(int upTo = 100) => [.. Enumerable.Range(1, upTo).Where(peer => Router.MeshOf(Topic).Contains(Peers.Id(peer)))];

    public double Score(int peer) => Router.ScoreOf(Peers.Id(peer));
}
