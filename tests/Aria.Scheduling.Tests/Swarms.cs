using System.Collections.Immutable;
using CsCheck;

namespace Aria.Scheduling.Tests;

/// <summary>Small swarms, written out or drawn at random.</summary>
internal static class Swarms
{
    public static readonly ModelId Model = new(Digest.Of("a model"u8));
    public static readonly NodeId Requester = Node(255);

    private static readonly Gen<NodeId> AnyNode = Gen.Frequency((6, Gen.Int[1, 4]), (2, Gen.Const(255))).Select(Node);

    private static readonly Gen<Link> AnyLink = Gen.Select(AnyNode, AnyNode, Gen.Long[0, 12]).Select((a, b, t) => new Link(a, b, t));

    /// <summary>Ids in the order of <paramref name="number"/>.</summary>
    public static NodeId Node(int number)
    {
        byte[] key = new byte[Digest.Size];
        key[0] = (byte)number;
        return new(new(key));
    }

    public static ServedSpan Span(int node, string layers, StepCost cost, bool embedding = false, bool head = false, int positions = 512)
    {
        Assert.True(LayerRange.TryParse(layers, out LayerRange range));
        return new(Node(node), new(embedding, range, head), cost, positions);
    }

    public static SwarmSnapshot Of(int layers, IEnumerable<ServedSpan> spans, IEnumerable<Link>? links = null) =>
        new(Model, layers, Requester, [.. spans], new(links ?? []));

    /// <summary>Links of <paramref name="microseconds"/> between the requester and all of <paramref name="nodes"/>.</summary>
    public static List<Link> Mesh(long microseconds, params IEnumerable<int> nodes)
    {
        NodeId[] all = [Requester, .. nodes.Select(Node)];
        return [.. from a in all from b in all where a != b select new Link(a, b, microseconds)];
    }

    /// <summary>As <paramref name="links"/>, with one link in one direction set anew.</summary>
    public static List<Link> With(this List<Link> links, NodeId from, NodeId to, long microseconds) =>
        [.. links.Where(link => (link.From, link.To) != (from, to)), new(from, to, microseconds)];

    /// <summary>Models of 1 to 5 layers; up to 5 spans on up to 4 nodes and the requester; few distinct costs, so that ties are common.</summary>
    public static readonly Gen<SwarmSnapshot> Any =
        from layers in Gen.Int[1, 5]
        from spans in AnySpan(layers).Array[0, 5]
        from links in AnyLink.Array[0, 12]
        select Of(layers, spans, links);

    /// <summary>As <see cref="Any"/>, but the costs are so spread that ties are rare.</summary>
    public static readonly Gen<SwarmSnapshot> Spread =
        from swarm in Any
        from costs in Gen.Select(Gen.Long[0, 100_000], Gen.Long[0, 100_000], Gen.Long[0, 100_000]).Array[swarm.Spans.Length]
        from links in Gen.Long[0, 500_000].Array[30]
        select swarm with
        {
            Spans = [.. swarm.Spans.Select((span, i) => span with { Cost = new(costs[i].Item1, costs[i].Item2, costs[i].Item3) })],
            Links = new(Mesh(0, 1, 2, 3, 4).Select((link, i) => link with { Microseconds = links[i % links.Length] })),
        };

    public static Gen<ServedSpan> AnySpan(int layers) =>
        from node in Gen.Frequency((8, Gen.Int[1, 4]), (1, Gen.Const(255)))
        from start in Gen.Int[0, layers]
        from end in Gen.Int[start, layers]
        from cost in Gen.Select(Gen.Long[0, 3], Gen.Long[0, 3], Gen.Long[0, 6])
        from embedding in Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false)))
        from head in Gen.Bool
        from positions in Gen.Int[99, 101]
        select new ServedSpan(
            Node(node), new(embedding, LayerRange.Of(start, end), head), new(cost.Item1, cost.Item2, cost.Item3), positions);
}
