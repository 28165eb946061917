using System.Collections.Immutable;
using Aria.Libp2p.KadDht.Records;

namespace Aria.Libp2p.KadDht.Tests.Records;

public sealed class ProviderStoreTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;
    private static readonly byte[] Key = Samples.Multihash("thing");
    private static readonly ImmutableArray<Multiaddress> Address = [Multiaddress.Parse("/ip4/192.0.2.1/tcp/1")];

    private static ProviderStore Store() => new(maxKeys: 2, maxProvidersPerKey: 3, TimeSpan.FromHours(1));

    [Fact]
    public void Providers_AreFoundUntilTheirEnd_TheLatestFirst()
    {
        ProviderStore store = Store();
        Assert.Empty(store.Find(Key, Start));
        Assert.True(store.Add(Key, Samples.Peer(1), Address, Start));
        Assert.True(store.Add(Key, Samples.Peer(2), Address, Start.AddMinutes(30)));
        Assert.Equal([Samples.Peer(2), Samples.Peer(1)], store.Find(Key, Start.AddMinutes(59)).Select(found => found.Id));
        Assert.Equal([Samples.Peer(2)], store.Find(Key, Start.AddMinutes(60)).Select(found => found.Id));
        Assert.True(store.Add(Key, Samples.Peer(1), Address, Start.AddMinutes(61)));
        Assert.Equal([Samples.Peer(1), Samples.Peer(2)], store.Find(Key, Start.AddMinutes(62)).Select(found => found.Id));
        store.RemoveExpired(Start.AddMinutes(121));
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public void OfTooManyProviders_TheOneNotHeardOfForLongestGoes()
    {
        ProviderStore store = Store();
        foreach (int number in (int[])[1, 2, 3, 1, 4])
        {
            store.Add(Key, Samples.Peer(number), Address, Start);
        }

        Assert.Equal([Samples.Peer(4), Samples.Peer(1), Samples.Peer(3)], store.Find(Key, Start).Select(found => found.Id));
    }

    [Fact]
    public void Keys_AreBounded()
    {
        ProviderStore store = Store();
        Assert.True(store.Add(Samples.Multihash("1"), Samples.Peer(1), Address, Start));
        Assert.True(store.Add(Samples.Multihash("2"), Samples.Peer(1), Address, Start));
        Assert.False(store.Add(Samples.Multihash("3"), Samples.Peer(1), Address, Start));
        Assert.True(store.Add(Samples.Multihash("2"), Samples.Peer(2), Address, Start));
        store.RemoveExpired(Start.AddHours(1));
        Assert.True(store.Add(Samples.Multihash("3"), Samples.Peer(1), Address, Start.AddHours(1)));
    }
}
