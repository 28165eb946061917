using System.Collections.Immutable;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Records;
using Aria.Libp2p.KadDht.Routing;
using Aria.Libp2p.KadDht.Serving;

namespace Aria.Libp2p.KadDht.Tests.Serving;

public sealed class KadResponderTests
{
    private static readonly PeerId Self = Samples.Peer(0);
    private static readonly PeerId Asker = Samples.Peer(1);
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1000);
    private static readonly byte[] Key = Samples.Bytes("/ariatest/key");

    private readonly RoutingTable _table = new(Self, 20, 2, 3);
    private readonly RecordStore _records = new(Self, new RecordNamespaces(Samples.Validators), 100, 1000, 100_000);
    private readonly ProviderStore _providers = new(10, 10, TimeSpan.FromHours(1));
    private readonly HashSet<PeerId> _without = [];
    private readonly KadResponder _responder;

    public KadResponderTests() => _responder = new(Self, 20, _table, _records, _providers, AddressesOf);

    private ImmutableArray<Multiaddress> AddressesOf(PeerId peer) =>
        _without.Contains(peer) ? [] : [Multiaddress.Parse($"/memory/{BitConverter.ToUInt32(peer.Bytes[^4..])}")];

    private KadMessage Ask(KadMessage request) => Assert.IsType<KadReply.Answer>(_responder.Reply(request, Asker, Now)).Message;

    private void Refuses(KadMessage request) => Assert.IsType<KadReply.Refusal>(_responder.Reply(request, Asker, Now));

    private static KadMessage Put(string value, string? recordKey = null) => new(KadMessageType.PutValue, Key)
    {
        Record = new(recordKey is null ? Key : Samples.Bytes(recordKey), Samples.Bytes(value), "sender's time"),
    };

    [Fact]
    public void Put_IsEchoed_AndServedWithTheTimeOfReceipt()
    {
        KadMessage put = Put("1 a");
        KadMessage answer = Ask(put with { CloserPeers = [new(Asker, [])] });
        Assert.Equal(put, answer);
        KadRecord? served = Ask(new(KadMessageType.GetValue, Key)).Record;
        Assert.Equal(("1 a", "1970-01-01T00:16:40.000000000Z"), (System.Text.Encoding.ASCII.GetString(served!.Value.Span), served.TimeReceived));
    }

    [Fact]
    public void APutThatThisPeerWouldNotMake_IsRefused()
    {
        Refuses(new(KadMessageType.PutValue, Key));
        Refuses(Put("1 a", recordKey: "/ariatest/other"));
        Refuses(Put("nothing"));
        Refuses(Put("1 a until 999"));
        Ask(Put("2 b"));
        Refuses(Put("1 a"));
        Ask(Put("2 b"));
        Refuses(new(KadMessageType.PutValue, Samples.Bytes("/unknown/a")) { Record = new(Samples.Bytes("/unknown/a"), "1 a"u8.ToArray()) });
    }

    [Fact]
    public void Get_NamesCloserPeers_WithAndWithoutAValue()
    {
        for (int i = 1; i <= 60; i++)
        {
            _table.Add(Samples.Contact(Samples.Peer(i)));
        }

        KadMessage answer = Ask(new(KadMessageType.GetValue, Key));
        Assert.Null(answer.Record);
        Assert.Equal(
            _table.Closest(KadKey.Of(Key), 60).Select(contact => contact.Id).Where(id => id != Asker).Take(20),
            answer.CloserPeers.Select(peer => peer.Id));
        Assert.All(answer.CloserPeers, peer => Assert.NotEmpty(peer.Addresses));
    }

    [Fact]
    public void WhoHasNoAddress_IsNotNamed()
    {
        _table.Add(Samples.Contact(Samples.Peer(2)));
        _table.Add(Samples.Contact(Samples.Peer(3)));
        _without.Add(Samples.Peer(2));
        Assert.Equal([Samples.Peer(3)], Ask(new(KadMessageType.FindNode, Key)).CloserPeers.Select(peer => peer.Id));
    }

    [Fact]
    public void AProvider_AnnouncesItselfAlone()
    {
        byte[] thing = Samples.Multihash("thing");
        KadPeer self = new(Asker, AddressesOf(Asker));
        KadPeer other = new(Samples.Peer(2), AddressesOf(Samples.Peer(2)));
        Assert.IsType<KadReply.Silence>(_responder.Reply(new(KadMessageType.AddProvider, thing) { ProviderPeers = [other, self] }, Asker, Now));
        KadMessage answer = Ask(new(KadMessageType.GetProviders, thing));
        Assert.Equal([Asker], answer.ProviderPeers.Select(peer => peer.Id));
        Assert.Equal(self.Addresses, answer.ProviderPeers[0].Addresses);
        Refuses(new(KadMessageType.AddProvider, default));
        Refuses(new(KadMessageType.GetProviders, Multihash.Of(Multihash.IdentityCode, new byte[79])));      // 81 bytes
        Refuses(new(KadMessageType.AddProvider, thing[..^1]) { ProviderPeers = [self] });                   // no multihash
        Refuses(new(KadMessageType.GetProviders, Samples.Bytes("/ariatest/key")));
        byte[] longer = Multihash.Of(0x13, new byte[64]);
        Assert.IsType<KadReply.Silence>(_responder.Reply(new(KadMessageType.AddProvider, longer) { ProviderPeers = [self] }, Asker, Now));
        Assert.Single(Ask(new(KadMessageType.GetProviders, longer)).ProviderPeers);
    }

    [Fact]
    public void FindNode_NamesWhoIsLookedFor_EvenIfItIsNoMemberOfTheTable()
    {
        _table.Add(Samples.Contact(Samples.Peer(2)));
        PeerId client = Samples.Peer(9);
        Assert.Equal([client, Samples.Peer(2)], Ask(new(KadMessageType.FindNode, client.Bytes.ToArray())).CloserPeers.Select(peer => peer.Id));
        Assert.Equal([Self, Samples.Peer(2)], Ask(new(KadMessageType.FindNode, Self.Bytes.ToArray())).CloserPeers.Select(peer => peer.Id));
        Assert.Equal([Samples.Peer(2)], Ask(new(KadMessageType.FindNode, Asker.Bytes.ToArray())).CloserPeers.Select(peer => peer.Id));
        Assert.Equal([Samples.Peer(2)], Ask(new(KadMessageType.FindNode, Samples.Peer(2).Bytes.ToArray())).CloserPeers.Select(peer => peer.Id));
        Refuses(new(KadMessageType.FindNode, default));
    }

    [Fact]
    public void Ping_IsAnswered() => Assert.Equal(KadMessageType.Ping, Ask(new(KadMessageType.Ping, default)).Type);
}
