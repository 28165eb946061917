using System.Security.Cryptography;
using Aria.Libp2p.PubSub.Messages;
using Aria.Libp2p.PubSub.Routing;

namespace Aria.Libp2p.PubSub.Tests.Simulation;

/// <summary>
/// Nodes that run the product's own router and codec in virtual time: every frame is encoded, takes the link's delay and is decoded. One seed gives one run.
/// </summary>
internal sealed class SimulatedNetwork(int seed, TimeSpan linkDelay)
{
    public const string Topic = "t";

    private static readonly TimeSpan CheckTime = TimeSpan.FromMilliseconds(1);

    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _events = new();
    private readonly Dictionary<PeerId, SimulatedNode> _nodes = [];
    private readonly Dictionary<string, SignatureVerdict> _verified = [];       // a copy is verified once
    private long _order;

    public Random Random { get; } = new(seed);

    public TimeSpan Now { get; private set; }

    public long Frames { get; private set; }

    public IEnumerable<SimulatedNode> Nodes => _nodes.Values;

    public SimulatedNode Add(int number, GossipOptions options, bool isHonest = true, Misconduct misconduct = Misconduct.None)
    {
        SimulatedNode node = new(this, number, options, Random.Next(), isHonest) { Misconduct = misconduct };
        _nodes.Add(node.Id, node);
        TimeSpan phase = TimeSpan.FromMilliseconds(Random.Next((int)options.HeartbeatInterval.TotalMilliseconds));
        After(phase, () => Beat(node));
        return node;
    }

    /// <summary>Connects two nodes; the first dialed.</summary>
    public static void Connect(SimulatedNode dialer, SimulatedNode other)
    {
        if (dialer != other && dialer.Neighbours.Add(other.Id))
        {
            other.Neighbours.Add(dialer.Id);
            dialer.Act(router => router.Join(new(other.Id, GossipVersion.V12, IsOutbound: true, null, default)));
            other.Act(router => router.Join(new(dialer.Id, GossipVersion.V12, IsOutbound: false, null, default)));
        }
    }

    /// <summary>A node falls silent; its neighbours notice at once that the connection is gone.</summary>
    public void Remove(SimulatedNode node)
    {
        _nodes.Remove(node.Id);
        foreach (SimulatedNode neighbour in node.Neighbours.Where(_nodes.ContainsKey).Select(id => _nodes[id]))
        {
            neighbour.Neighbours.Remove(node.Id);
            neighbour.Act(router => router.Leave(node.Id, Now));
        }
    }

    public void After(TimeSpan delay, Action what) => _events.Enqueue(what, (Now + delay, _order++));

    public void RunFor(TimeSpan time)
    {
        TimeSpan end = Now + time;
        while (_events.TryPeek(out Action? what, out (TimeSpan At, long) due) && due.At <= end)
        {
            _events.Dequeue();
            Now = due.At;
            what();
        }

        Now = end;
    }

    public void Send(SimulatedNode from, PeerId to, Rpc rpc)
    {
        Frames++;
        byte[] frame = RpcCodec.Encode(rpc);
        After(linkDelay, () =>
        {
            if (_nodes.TryGetValue(to, out SimulatedNode? node) && node.Neighbours.Contains(from.Id))
            {
                node.Hear(from.Id, RpcCodec.Decode(frame));
            }
        });
    }

    public void Check(SimulatedNode node, Arrival arrival) => After(CheckTime, () =>
    {
        string content = Convert.ToBase64String(SHA256.HashData(arrival.Message.Encoded.Span));
        if (!_verified.TryGetValue(content, out SignatureVerdict verdict))
        {
            _verified[content] = verdict = MessageSignature.Verify(arrival.Message);
        }

        bool goesOn = false;
        node.Act(router => goesOn = router.Checked(arrival, verdict, Now));
        if (goesOn)
        {
            node.Act(router => router.Validated(arrival, ValidationVerdict.Accept, Now));
        }
    });

    private void Beat(SimulatedNode node)
    {
        if (_nodes.GetValueOrDefault(node.Id) == node)
        {
            node.Beat();
            After(node.Options.HeartbeatInterval, () => Beat(node));
        }
    }
}
