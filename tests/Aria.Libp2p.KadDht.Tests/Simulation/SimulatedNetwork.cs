using System.Collections.Immutable;
using Aria.Libp2p.KadDht.Lookups;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Records;
using Aria.Libp2p.KadDht.Regions;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Tests.Simulation;

/// <summary>
/// Many nodes in one thread: the product's routing tables, lookups, stores and responders, joined by direct calls. A round asks everyone
/// whom a lookup would have in flight and hands back the answers in order, so a seed gives one course of events.
/// </summary>
internal sealed class SimulatedNetwork
{
    private readonly Dictionary<PeerId, SimulatedNode> _byId = [];
    private readonly Random _random;

    public SimulatedNetwork(int count, int seed, KadOptions? options = null)
    {
        _random = new(seed);
        Options = options ?? new() { Protocol = "/simulated", Validators = Samples.Validators };
        while (Nodes.Count < count)
        {
            // Each honest node on a /16 of its own.
            Add(Samples.Peer(_random), Multiaddress.Parse($"/ip4/{20 + (Nodes.Count >> 8)}.{Nodes.Count & 255}.1.1/tcp/4001"));
        }
    }

    public KadOptions Options { get; }

    public List<SimulatedNode> Nodes { get; } = [];

    public IEnumerable<SimulatedNode> Honest => Nodes.Where(node => node.IsAlive && node.IsHonest);

    public SimulatedNode Add(PeerId id, Multiaddress address)
    {
        SimulatedNode node = new(this, id, address);
        _byId.Add(id, node);
        Nodes.Add(node);
        return node;
    }

    public ImmutableArray<Multiaddress> AddressesOf(PeerId peer) => _byId.TryGetValue(peer, out SimulatedNode? node) ? [.. node.Info.Addresses] : [];

    public SimulatedNode Pick(IEnumerable<SimulatedNode> among)
    {
        SimulatedNode[] all = [.. among];
        return all[_random.Next(all.Length)];
    }

    public byte[] RandomKey()
    {
        byte[] key = new byte[32];
        _random.NextBytes(key);
        return [.. "/ariatest/"u8, .. key];
    }

    /// <summary>Each joins through a few that are there: finds itself, then its wider surroundings.</summary>
    public void Join()
    {
        foreach ((int index, SimulatedNode node) in Nodes.Index().Skip(1))
        {
            for (int i = 0; i < 3; i++)
            {
                Meet(node, Nodes[_random.Next(index)]);
            }

            Refresh(node, deepestBucket: 3);
        }
    }

    /// <summary>What the product does at each refresh: looks up the own id, and a random key of each bucket that holds somebody.</summary>
    public void Refresh(SimulatedNode node, int deepestBucket = 12)
    {
        Lookup(node, new(KadMessageType.FindNode, node.Id.Bytes.ToArray()));
        foreach (int bucket in node.Table.FilledBuckets().Where(bucket => bucket <= deepestBucket))
        {
            byte[] key = new byte[32];
            do
            {
                _random.NextBytes(key);
            }
            while (node.Key.CommonPrefixLength(KadKey.Of(key)) != bucket);

            DisjointLookup lookup = Lookup(node, new(KadMessageType.FindNode, key));
            node.Size.Add(KadKey.Of(key), [.. lookup.Closest.Select(candidate => candidate.Key)]);
        }
    }

    /// <summary>As many paths as the product takes.</summary>
    public int PathsOf(SimulatedNode node) => Math.Clamp(node.Table.Count / Options.K, 1, Options.Paths);

    public DisjointLookup Lookup(SimulatedNode from, KadMessage request, Action<SimulatedNode, KadMessage>? onAnswer = null, int paths = 1)
    {
        KadKey target = KadKey.Of(request.Key.Span);
        DisjointLookup lookup = new(target, from.Id, LookupBounds.Of(Options), paths);
        lookup.AddSeeds(from.Table.Closest(target, Options.K).Select(contact => _byId[contact.Id].Info));
        while (!lookup.IsDone)
        {
            List<PeerId> asked = [];
            while (lookup.TryNext(out PeerInfo? peer))
            {
                asked.Add(peer.Id);
            }

            foreach (PeerId id in asked)
            {
                if (_byId.TryGetValue(id, out SimulatedNode? node) && node.Answer(request, from) is { } answer)
                {
                    Meet(from, node);
                    lookup.Answered(node.Id, [.. answer.CloserPeers.Select(peer => peer.ToInfo())]);
                    onAnswer?.Invoke(node, answer);
                }
                else
                {
                    from.Table.Remove(id);
                    lookup.Failed(id);
                }
            }
        }

        return lookup;
    }

    /// <summary>Stores as the product does; who took it, of the peers that were asked to.</summary>
    public SimulatedNode[] Put(SimulatedNode from, byte[] key, byte[] value, int paths = 1, bool inRegion = false)
    {
        from.Records.Offer(key, value, DateTimeOffset.UnixEpoch);
        KadMessage put = new(KadMessageType.PutValue, key) { Record = new(key, value) };
        DisjointLookup lookup = Lookup(from, new(KadMessageType.FindNode, key), paths: paths);
        return [.. Holders(from, key, lookup, paths, inRegion).Where(node => node.Answer(put, from) is not null)];
    }

    /// <summary>Whether the value is found by asking others.</summary>
    public bool Get(SimulatedNode from, byte[] key, byte[] value, int paths = 1, bool inRegion = false)
    {
        bool found = false;
        HashSet<PeerId> asked = [];
        KadMessage get = new(KadMessageType.GetValue, key);
        DisjointLookup lookup = Lookup(from, get, (node, answer) => found |= asked.Add(node.Id) && IsValue(answer), paths);
        return found || (inRegion && Holders(from, key, lookup, paths, inRegion).Any(holder => !asked.Contains(holder.Id) && holder.Answer(get, from) is { } answer && IsValue(answer)));

        bool IsValue(KadMessage answer) => answer.Record?.Value.Span.SequenceEqual(value) == true;
    }

    public SimulatedNode[] ClosestOf(IEnumerable<SimulatedNode> nodes, KadKey target) =>
        [.. nodes.Order(Comparer<SimulatedNode>.Create((left, right) => target.CompareDistance(left.Key, right.Key))).Take(Options.K)];

    private SimulatedNode[] Holders(SimulatedNode from, byte[] key, DisjointLookup lookup, int paths, bool inRegion)
    {
        RegionSearch search = new(Options.K, part => Task.FromResult(Lookup(from, new(KadMessageType.FindNode, part), paths: paths)), _random.NextBytes);
        KeyRegion? region = inRegion ? KeyRegion.Around(KadKey.Of(key), from.Size.Value, Options.K) : null;
        return [.. search.HoldersAsync(lookup, region).GetAwaiter().GetResult().Select(peer => _byId[peer.Id])];
    }

    private static void Meet(SimulatedNode one, SimulatedNode other)
    {
        one.Table.Add(other.Contact);
        other.Table.Add(one.Contact);
    }
}
