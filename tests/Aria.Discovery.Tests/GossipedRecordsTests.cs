using Aria.Libp2p;
using Aria.Libp2p.PubSub;

namespace Aria.Discovery.Tests;

/// <summary>specs/discovery.md §8, row by row.</summary>
public sealed class GossipedRecordsTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(56);
    private static readonly Identity Author = Identity.FromSeed(new byte[32]);
    private static readonly Identity Other = Identity.FromSeed([.. new byte[31], 1]);

    private readonly GossipedRecords _records = new("testnet");

    private static byte[] Envelope(long sequence, TimeSpan? life = null, string network = "testnet", DateTimeOffset? at = null) => new CapabilityRecord(
        network, Author.PeerId.NodeIdOf(), sequence, ((at ?? Now) + (life ?? CapabilityBounds.Lifetime)).ToUnixTimeMilliseconds(), [], [DiscoveryGroup.Served(0, 8)]).Seal(Author);

    private ValidationVerdict Judge(byte[] envelope, DateTimeOffset? at = null, Identity? author = null) => _records.Judge((author ?? Author).PeerId, envelope, at ?? Now).Verdict;

    [Fact]
    public void ARecordOfItsAuthor_IsAccepted_AndGiven()
    {
        (ValidationVerdict verdict, CapabilityRecord? record) = _records.Judge(Author.PeerId, Envelope(1), Now);
        Assert.Equal(ValidationVerdict.Accept, verdict);
        Assert.Equal(1, record!.Sequence);
    }

    [Fact]
    public void WhatIsNoRecord_OrForeign_OrOfAnotherNetwork_IsRejected()
    {
        byte[] changed = Envelope(1);
        changed[^1] ^= 1;
        Assert.Equal(ValidationVerdict.Reject, Judge(changed));
        Assert.Equal(ValidationVerdict.Reject, Judge([]));
        Assert.Equal(ValidationVerdict.Reject, Judge(new byte[9000]));
        Assert.Equal(ValidationVerdict.Reject, Judge(Envelope(1), author: Other));
        Assert.Equal(ValidationVerdict.Reject, Judge(Envelope(1, network: "elsewhere")));
        Assert.Equal(ValidationVerdict.Accept, Judge(Envelope(1)));
    }

    [Theory]
    [InlineData(-1, ValidationVerdict.Ignore)]
    [InlineData(-119, ValidationVerdict.Ignore)]
    [InlineData(-121, ValidationVerdict.Reject)]
    [InlineData(301, ValidationVerdict.Ignore)]
    [InlineData(419, ValidationVerdict.Ignore)]
    [InlineData(421, ValidationVerdict.Reject)]
    [InlineData(299, ValidationVerdict.Accept)]
    public void Times_MayDifferByTwoMinutes(int secondsLeft, ValidationVerdict verdict) =>
        Assert.Equal(verdict, Judge(Envelope(1, TimeSpan.FromSeconds(secondsLeft))));

    [Fact]
    public void AnOlderSequence_IsIgnoredWhereItWasOvertaken_AndRejectedLater()
    {
        Assert.Equal(ValidationVerdict.Accept, Judge(Envelope(5)));
        Assert.Equal(ValidationVerdict.Ignore, Judge(Envelope(4)));
        Assert.Equal(ValidationVerdict.Ignore, Judge(Envelope(5)));
        Assert.Equal(ValidationVerdict.Ignore, Judge(Envelope(4), Now.AddSeconds(30)));
        Assert.Equal(ValidationVerdict.Reject, Judge(Envelope(4), Now.AddSeconds(31)));
        Assert.Equal(ValidationVerdict.Accept, Judge(Envelope(6), Now.AddSeconds(31)));
    }

    [Fact]
    public void AnAuthor_MaySendEightAtOnce_AndThenOneEveryFiveSeconds()
    {
        int sequence = 0;
        for (int i = 0; i < 8; i++)
        {
            Assert.Equal(ValidationVerdict.Accept, Judge(Envelope(++sequence)));
        }

        Assert.Equal(ValidationVerdict.Ignore, Judge(Envelope(++sequence)));
        Assert.Equal(ValidationVerdict.Ignore, Judge(Envelope(++sequence), Now.AddSeconds(4)));
        Assert.Equal(ValidationVerdict.Accept, Judge(Envelope(++sequence), Now.AddSeconds(5)));
        Assert.Equal(ValidationVerdict.Ignore, Judge(Envelope(++sequence), Now.AddSeconds(6)));
    }

    [Fact]
    public void ASequence_IsForgottenWithItsRecord()
    {
        Assert.Equal(ValidationVerdict.Accept, Judge(Envelope(9)));
        DateTimeOffset later = Now + CapabilityBounds.Lifetime + TimeSpan.FromSeconds(10);
        Assert.Equal(ValidationVerdict.Accept, Judge(Envelope(1, at: later), later));
    }
}
