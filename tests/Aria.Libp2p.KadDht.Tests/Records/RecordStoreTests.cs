using System.Collections.Immutable;
using Aria.Libp2p.KadDht.Records;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Tests.Records;

public sealed class RecordStoreTests
{
    private static readonly PeerId Self = Samples.Peer(0);
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1000);
    private static readonly byte[] Key = Samples.Bytes("/ariatest/key");

    private static RecordStore Store(int maxRecords = 100, long maxBytes = 10_000, TimeSpan? lifetime = null) => new(
        Self,
        new RecordNamespaces(ImmutableDictionary<string, IRecordValidator>.Empty.Add("ariatest", new NumberedValidator { Lifetime = lifetime ?? TimeSpan.FromHours(48) })),
        maxRecords,
        maxValueBytes: 100,
        maxBytes);

    private static OfferOutcome Offer(RecordStore store, string value, DateTimeOffset? now = null) => store.Offer(Key, Samples.Bytes(value), now ?? Start);

    private static string? Held(RecordStore store, DateTimeOffset? now = null) =>
        store.Find(Key, now ?? Start) is { } record ? System.Text.Encoding.ASCII.GetString(record.Value) : null;

    [Theory]
    [InlineData("/ariatest/x", true)]
    [InlineData("/ariatest/x/y", true)]
    [InlineData("/ariatest/", false)]
    [InlineData("/ariatest", false)]
    [InlineData("ariatest/x", false)]
    [InlineData("/other/x", false)]
    [InlineData("//x", false)]
    [InlineData("", false)]
    public void AKey_IsOfANamespaceOrRefused(string key, bool known)
    {
        RecordNamespaces namespaces = new(Samples.Validators);
        Assert.Equal(known, namespaces.TryFind(Samples.Bytes(key), out _));
        Assert.Equal(known ? OfferOutcome.Stored : OfferOutcome.Invalid, Store().Offer(Samples.Bytes(key), "1 a"u8, Start));
    }

    [Fact]
    public void TheBestValue_Stays()
    {
        RecordStore store = Store();
        Assert.Equal(OfferOutcome.Stored, Offer(store, "2 a"));
        Assert.Equal(OfferOutcome.Worse, Offer(store, "1 z"));
        Assert.Equal(OfferOutcome.Renewed, Offer(store, "2 a"));
        Assert.Equal(OfferOutcome.Invalid, Offer(store, "no number"));
        Assert.Equal(OfferOutcome.Stored, Offer(store, "3 b"));
        Assert.Equal("3 b", Held(store));
        Assert.Equal(1, store.Count);
    }

    [Fact]
    public void AKeyTooLong_IsRefused() =>
        Assert.Equal(OfferOutcome.Invalid, Store().Offer(Samples.Bytes("/ariatest/" + new string('x', 503)), "1 a"u8, Start));

    [Fact]
    public void AValueTooLong_IsRefused() => Assert.Equal(OfferOutcome.Invalid, Offer(Store(), "1 " + new string('x', 100)));

    [Fact]
    public void AValueThatIsNoLongerValid_IsNeitherServedNorBetter()
    {
        RecordStore store = Store();
        Assert.Equal(OfferOutcome.Invalid, Offer(store, "9 a until 1000"));
        Assert.Equal(OfferOutcome.Stored, Offer(store, "9 a until 1010"));
        Assert.Equal("9 a until 1010", Held(store, Start.AddSeconds(9)));
        Assert.Equal(OfferOutcome.Stored, Offer(store, "1 b", Start.AddSeconds(10)));
        Assert.Equal(OfferOutcome.Stored, Offer(store, "5 c until 1020", Start.AddSeconds(10)));
        Assert.Null(Held(store, Start.AddSeconds(20)));
        Assert.Equal((0, 0), (store.Count, store.Bytes));
    }

    [Fact]
    public void AfterItsLifetime_AValueIsGone()
    {
        RecordStore store = Store(lifetime: TimeSpan.FromMinutes(3));
        Offer(store, "1 a");
        store.Offer("/ariatest/other"u8, "1 a"u8, Start.AddMinutes(2));
        Assert.Null(store.Find("/ariatest/none"u8, Start));
        Assert.Equal(1, store.RemoveExpired(Start.AddMinutes(3)));
        Assert.Null(Held(store, Start.AddMinutes(3)));
        Assert.NotNull(store.Find("/ariatest/other"u8, Start.AddMinutes(3)));
        Assert.Null(store.Find("/ariatest/other"u8, Start.AddMinutes(5)));
        Assert.Equal(0, store.Bytes);
    }

    [Theory]
    [InlineData(10, 1_000_000)]
    [InlineData(1_000, 170)]
    public void AFullStore_KeepsWhatStandsClosest(int maxRecords, long maxBytes)
    {
        RecordStore store = Store(maxRecords, maxBytes);
        byte[][] keys = [.. Enumerable.Range(100, 200).Select(number => Samples.Bytes($"/ariatest/{number}"))];
        foreach (byte[] key in keys)
        {
            Assert.NotEqual(OfferOutcome.Invalid, store.Offer(key, "1 a"u8, Start));
        }

        Assert.True(store.Count <= maxRecords && store.Bytes <= maxBytes);
        KadKey self = KadKey.Of(Self);
        byte[][] closest = [.. keys.Order(Comparer<byte[]>.Create((left, right) => self.CompareDistance(KadKey.Of(left), KadKey.Of(right)))).Take(10)];
        Assert.All(closest, key => Assert.NotNull(store.Find(key, Start)));
        Assert.Equal(10, store.Count);
    }

    [Fact]
    public void ARecordLargerThanTheStore_IsRefused_AndNothingElseGoes()
    {
        RecordStore store = Store(maxBytes: 60);
        Assert.Equal(OfferOutcome.Stored, Offer(store, "1 a"));
        OfferOutcome outcome = store.Offer("/ariatest/large"u8, Samples.Bytes("1 " + new string('x', 90)), Start);
        Assert.Equal(OfferOutcome.Full, outcome);
        Assert.Equal("1 a", Held(store));
    }
}
