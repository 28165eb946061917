using System.Collections.Immutable;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Records;
using Aria.Libp2p.KadDht.Routing;
using Aria.Libp2p.KadDht.Serving;

namespace Aria.Libp2p.KadDht.Tests.Simulation;

/// <summary>A member of a <see cref="SimulatedNetwork"/>: the product's table, stores and responder, without streams.</summary>
internal sealed class SimulatedNode
{
    private readonly KadResponder _responder;

    public SimulatedNode(SimulatedNetwork network, PeerId id, Multiaddress address)
    {
        Id = id;
        Key = KadKey.Of(id);
        Info = new(id, [address]);
        Contact = new(id, Key, IpGroup.Of([address], groupPrivate: false));
        KadOptions options = network.Options;
        Table = new(id, options.K, options.MaxPerGroupInBucket, options.MaxPerGroupInTable);
        Records = new(id, new RecordNamespaces(options.Validators), options.MaxRecords, options.MaxValueBytes, options.MaxStoredBytes);
        Size = new(options.K);
        _responder = new(id, options.K, Table, Records, new(100, 100, TimeSpan.FromHours(1)), network.AddressesOf);
    }

    public PeerId Id { get; }

    public KadKey Key { get; }

    public PeerInfo Info { get; }

    public Contact Contact { get; }

    public RoutingTable Table { get; }

    public RecordStore Records { get; }

    public NetworkSizeEstimate Size { get; }

    public bool IsAlive { get; set; } = true;

    public bool IsHonest => Accomplices is null && Invents is null;

    /// <summary>Answers with its accomplices alone, keeps nothing and gives nothing.</summary>
    public SimulatedNode[]? Accomplices { get; set; }

    /// <summary>In place of its accomplices it names peers that do not exist, these at these places.</summary>
    public Func<KadKey, ImmutableArray<KadPeer>>? Invents { get; set; }

    /// <summary>The answer, or null where there is none.</summary>
    public KadMessage? Answer(KadMessage request, SimulatedNode from)
    {
        if (!IsAlive)
        {
            return null;
        }

        if (Invents is not null)
        {
            return request.Type == KadMessageType.PutValue ? request : new(request.Type, request.Key) { CloserPeers = Invents(KadKey.Of(request.Key.Span)) };
        }

        if (Accomplices is null)
        {
            return (_responder.Reply(request, from.Id, DateTimeOffset.UnixEpoch) as KadReply.Answer)?.Message;
        }

        KadKey target = KadKey.Of(request.Key.Span);
        ImmutableArray<KadPeer> closer =
        [
            .. Accomplices.Where(node => node != this).Order(Comparer<SimulatedNode>.Create((left, right) => target.CompareDistance(left.Key, right.Key)))
                .Take(20).Select(node => new KadPeer(node.Id, [.. node.Info.Addresses])),
        ];
        return request.Type == KadMessageType.PutValue ? request : new(request.Type, request.Key) { CloserPeers = closer };
    }
}
