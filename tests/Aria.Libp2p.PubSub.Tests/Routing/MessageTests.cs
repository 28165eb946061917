using Aria.Libp2p.PubSub.Messages;
using Aria.Libp2p.PubSub.Routing;

namespace Aria.Libp2p.PubSub.Tests.Routing;

/// <summary>Forwarding, duplicates, forgeries, IHAVE, IWANT, IDONTWANT, promises.</summary>
public sealed class MessageTests
{
    [Fact]
    public void AStreamThatIsOpenedAgain_TellsWhatWasMissed()
    {
        Bench bench = new();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.Join(1);
        Assert.DoesNotContain(bench.Sent(1), rpc => rpc.IHave.Count > 0);
        GossipMessage missed = bench.MessageOf(0);
        bench.Router.Publish(missed, bench.Now);
        bench.Take();       // the stream broke with it
        bench.Router.Greet(Peers.Id(1));
        Rpc[] greeting = bench.Sent(1);
        Assert.Contains(greeting, rpc => rpc.Subscriptions is [{ Topic: Bench.Topic, IsSubscribed: true }]);
        Assert.Contains(greeting, rpc => rpc.Graft is [Bench.Topic]);
        Assert.Equal(bench.IdOf(missed), Assert.Single(Assert.Single(greeting.SelectMany(rpc => rpc.IHave)).Ids));
        bench.Hear(1, new() { IWant = [bench.IdOf(missed)] });
        Assert.Equal(missed.Encoded, Assert.Single(Assert.Single(bench.Sent(1)).Messages).Encoded);
    }

    private static Bench Subscribed(int peers = 5, GossipOptions? options = null)
    {
        Bench bench = new(options);
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.JoinMany(1, peers);
        bench.Take();
        return bench;
    }

    private static PeerId[] Receivers(IEnumerable<RouterAction> actions) =>
        [.. actions.OfType<RouterAction.Send>().Where(send => send.Rpc.Messages.Count > 0).Select(send => send.To).Order()];

    [Fact]
    public void AnAcceptedMessage_IsDeliveredOnce_AndGoesToTheRestOfTheMesh()
    {
        Bench bench = Subscribed();
        GossipMessage message = bench.MessageOf(2);
        bench.Bring(1, message);
        bench.Bring(3, message);
        IReadOnlyList<RouterAction> actions = bench.Take();
        Assert.Single(actions.OfType<RouterAction.Deliver>());
        Assert.Equal(new[] { Peers.Id(3), Peers.Id(4), Peers.Id(5) }.Order(), Receivers(actions));     // neither who brought it nor its author
    }

    [Theory]
    [InlineData(ValidationVerdict.Reject, true)]
    [InlineData(ValidationVerdict.Ignore, false)]
    public void WhatIsNotAccepted_GoesNowhere_AndCountsOrNot(ValidationVerdict verdict, bool counts)
    {
        Bench bench = Subscribed();
        GossipMessage message = bench.MessageOf(2);
        bench.Bring(1, message, verdict);
        bench.Bring(3, message);
        IReadOnlyList<RouterAction> actions = bench.Take();
        Assert.Empty(actions.OfType<RouterAction.Deliver>());
        Assert.Empty(Receivers(actions));
        Assert.Equal(counts, bench.Score(1) < 0);
        Assert.Equal(counts, bench.Score(3) < 0);      // a copy counts as the first did
    }

    [Fact]
    public void CopiesThatComeMeanwhile_AreNeitherCheckedNorSentBack()
    {
        Bench bench = Subscribed();
        GossipMessage message = bench.MessageOf(50);
        bench.Hear(1, new() { Messages = [message] });
        Arrival arrival = Assert.Single(bench.Take().OfType<RouterAction.Check>()).Arrival;
        bench.Hear(2, new() { Messages = [message] });
        Assert.Empty(bench.Take());
        Assert.True(bench.Router.Checked(arrival, SignatureVerdict.Good, bench.Now));
        bench.Hear(3, new() { Messages = [message] });
        bench.Take();
        bench.Router.Validated(arrival, ValidationVerdict.Accept, bench.Now);
        Assert.Equal(new[] { Peers.Id(4), Peers.Id(5) }.Order(), Receivers(bench.Take()));
    }

    [Fact]
    public void AForgeryUnderTheSameId_DoesNotKeepTheRealMessageOut()
    {
        Bench bench = Subscribed();
        GossipMessage real = bench.MessageOf(50, bytes: 2000);
        byte[] forged = real.Encoded.ToArray();
        forged[^1] ^= 1;
        GossipMessage forgery = RpcCodec.DecodeMessage(forged);
        Assert.Equal(bench.IdOf(real), bench.IdOf(forgery));
        bench.Bring(1, forgery);
        Assert.Empty(bench.Take().OfType<RouterAction.Send>());      // not even an IDONTWANT
        Assert.True(bench.Score(1) < 0);
        bench.Bring(2, real);
        Assert.Single(bench.Take().OfType<RouterAction.Deliver>());

        // Nor while the forgery waits for its check.
        real = bench.MessageOf(50);
        forged = real.Encoded.ToArray();
        forged[^1] ^= 1;
        bench.Hear(1, new() { Messages = [RpcCodec.DecodeMessage(forged)] });
        bench.Bring(2, real);
        Assert.Single(bench.Take().OfType<RouterAction.Deliver>());
    }

    [Fact]
    public void WithoutAuthorNumberOrSignature_AMessageCountsAgainstItsSender()
    {
        Bench bench = Subscribed();
        byte[] unsigned = bench.MessageOf(50).Signed.ToArray();
        bench.Hear(1, new() { Messages = [RpcCodec.DecodeMessage(unsigned)] });
        Assert.Empty(bench.Take());
        Assert.True(bench.Score(1) < 0);
        bench.Hear(2, new() { Messages = [GossipMessage.Create(Peers.Identity(50), 1, Bench.Topic, new byte[bench.Options.MaxDataBytes + 1])] });
        Assert.True(bench.Score(2) < 0);
    }

    [Fact]
    public void OwnMessagesThatComeBack_AndForeignTopics_AreIgnored()
    {
        Bench bench = Subscribed();
        bench.Bring(1, bench.MessageOf(0));
        bench.Bring(1, bench.MessageOf(50, topic: "elsewhere"));
        Assert.Empty(bench.Take());
        Assert.Equal(0, bench.Score(1));
    }

    [Fact]
    public void OwnMessages_GoToAllOfTheTopic_OrToTheMeshAlone()
    {
        Bench bench = Subscribed(20);
        bench.Join(30, topic: "other");
        bench.Take();
        Assert.Equal(20, bench.Router.Publish(bench.MessageOf(0), bench.Now));
        bench = Subscribed(20, new() { FloodsOwn = false });
        bench.Join(30, GossipVersion.Floodsub);
        Assert.Equal(bench.Mesh().Length + 1, bench.Router.Publish(bench.MessageOf(0), bench.Now));
    }

    [Fact]
    public void IHave_IsAskedFor_OnceSeenNotAnyMore_AndAnsweredThreeTimes()
    {
        Bench there = Subscribed(), here = Subscribed();
        GossipMessage message = there.MessageOf(50);
        there.Bring(1, message);
        there.Join(10, topic: Bench.Topic);
        there.Take();
        there.Beat();
        Announcement announced = Assert.Single(there.Sent(10).SelectMany(rpc => rpc.IHave));
        Assert.Equal([there.IdOf(message)], announced.Ids);

        here.Hear(1, new() { IHave = [announced] });
        Assert.Equal([there.IdOf(message)], Assert.Single(here.Sent(1)).IWant);
        here.Bring(1, message);
        here.Take();
        here.Hear(2, new() { IHave = [announced] });
        Assert.Empty(here.Take());

        for (int i = 0; i < 5; i++)
        {
            there.Hear(10, new() { IWant = announced.Ids });
        }

        Assert.Equal(there.Options.MaxRetransmissions, there.Sent(10).Length);
    }

    [Fact]
    public void TheHistory_IsAnnouncedForThreeHeartbeats_AndKeptForFive()
    {
        Bench bench = Subscribed(13);
        GossipMessage message = bench.MessageOf(50);
        bench.Bring(1, message);
        int told = 0, kept = 0;
        for (int i = 0; i < 8; i++)
        {
            bench.Take();
            bench.Hear(9, new() { IWant = [bench.IdOf(message)] });
            kept += Receivers(bench.Take()).Length > 0 && i < 3 ? 1 : 0;
            bench.Beat();
            told += bench.Take().OfType<RouterAction.Send>().Any(send => send.Rpc.IHave.Count > 0) ? 1 : 0;
        }

        Assert.Equal(bench.Options.HistoryGossip, told);
        Assert.Equal(3, kept);
        bench.Hear(8, new() { IWant = [bench.IdOf(message)] });
        Assert.Empty(Receivers(bench.Take()));
    }

    [Fact]
    public void Announcements_AreBounded_PerHeartbeat()
    {
        Bench bench = Subscribed(options: new() { MaxIHaveLength = 50 });
        byte next = 0;
        Rpc Spam(int count) => new() { IHave = [new(Bench.Topic, [.. Enumerable.Range(0, count).Select(i => new MessageId([++next, (byte)i, (byte)(i >> 8)]))])] };
        bench.Hear(1, Spam(200));
        Assert.Equal(50, Assert.Single(bench.Sent(1)).IWant.Count);
        bench.Hear(1, Spam(200));
        Assert.Empty(bench.Take());
        bench.Beat();
        bench.Take();
        int asked = 0;
        for (int i = 0; i < 20; i++)
        {
            bench.Hear(1, Spam(1));
            asked += bench.Sent(1).Length;
        }

        Assert.Equal(bench.Options.MaxIHaveMessages, asked);
        bench.Hear(2, new() { IHave = [new("elsewhere", [new([1])])] });
        Assert.Empty(bench.Take());
    }

    [Fact]
    public void ABrokenPromise_Counts_AKeptOneDoesNot()
    {
        Bench bench = Subscribed(options: new() { Score = new() { BehaviourThreshold = 0, AnyTopic = null } });
        bench.Hear(1, new() { IHave = [new(Bench.Topic, [new([1, 2, 3])])] });
        GossipMessage kept = bench.MessageOf(50);
        bench.Hear(2, new() { IHave = [new(Bench.Topic, [bench.IdOf(kept)])] });
        bench.Bring(3, kept);       // whoever brings it
        bench.Hear(4, new() { IHave = [new(Bench.Topic, [new([9])])] });
        bench.Router.Leave(Peers.Id(4), bench.Now);
        bench.Beat(5);
        Assert.True(bench.Score(1) < 0);
        Assert.Equal(0, bench.Score(2));
        Assert.Equal(0, bench.Score(4));
    }

    [Fact]
    public void LargeMessages_AreNotWantedFromTheMesh_OnceTheyAreHere()
    {
        Bench bench = new();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.JoinMany(1, 3);
        bench.Join(4, GossipVersion.V11);
        bench.Take();
        GossipMessage large = bench.MessageOf(2, bytes: 1024);
        bench.Bring(1, large);
        RouterAction.Send[] unwanted = [.. bench.Take().OfType<RouterAction.Send>().Where(send => send.Rpc.IDontWant.Count > 0)];
        Assert.Equal([Peers.Id(3)], unwanted.Select(send => send.To));     // not to who has it, nor to who does not understand
        Assert.Equal([bench.IdOf(large)], unwanted[0].Rpc.IDontWant);
        bench.Bring(1, bench.MessageOf(2, bytes: 1023));
        Assert.DoesNotContain(bench.Take().OfType<RouterAction.Send>(), send => send.Rpc.IDontWant.Count > 0);
    }

    [Fact]
    public void WhatAPeerDoesNotWant_IsNotSent_ForThreeHeartbeats()
    {
        Bench bench = Subscribed();
        GossipMessage message = bench.MessageOf(50);
        bench.Hear(2, new() { IDontWant = [bench.IdOf(message)] });
        bench.Bring(1, message);
        Assert.DoesNotContain(Peers.Id(2), Receivers(bench.Take()));
        bench.Hear(2, new() { IWant = [bench.IdOf(message)] });
        Assert.Empty(Receivers(bench.Take()));
        bench.Beat(bench.Options.IDontWantHeartbeats);
        bench.Take();
        bench.Hear(2, new() { IWant = [bench.IdOf(message)] });
        Assert.Equal([Peers.Id(2)], Receivers(bench.Take()));
    }

    [Fact]
    public void IDontWant_IsBounded()
    {
        Bench bench = Subscribed(options: new() { MaxIDontWantLength = 3, MaxIDontWantMessages = 2 });
        GossipMessage[] messages = [.. Enumerable.Range(0, 6).Select(_ => bench.MessageOf(50))];
        bench.Hear(2, new() { IDontWant = [.. messages[..4].Select(bench.IdOf)] });
        bench.Hear(2, new() { IDontWant = [bench.IdOf(messages[4])] });
        bench.Hear(3, new() { IDontWant = [bench.IdOf(messages[0])] });
        bench.Hear(3, new() { IDontWant = [bench.IdOf(messages[1])] });
        bench.Hear(3, new() { IDontWant = [bench.IdOf(messages[2])] });
        int[] gotTwo = [.. messages.Index().Where(one => { bench.Bring(1, one.Item); return Receivers(bench.Take()).Contains(Peers.Id(2)); }).Select(one => one.Index)];
        Assert.Equal([3, 4, 5], gotTwo);
    }

    [Fact]
    public void WhoIsBelowTheThresholds_IsNotToldNotHeardNotSentTo()
    {
        Bench bench = Subscribed(8);
        GossipMessage known = bench.MessageOf(50);
        bench.Bring(2, known);
        for (int i = 0; i < 2; i++)
        {
            bench.Bring(1, bench.MessageOf(50), ValidationVerdict.Reject);
        }

        Assert.InRange(bench.Score(1), bench.Options.Score.PublishThreshold, bench.Options.Score.GossipThreshold);
        bench.Take();
        bench.Hear(1, new() { IHave = [new(Bench.Topic, [new([1])])], IWant = [bench.IdOf(known)] });
        bench.Beat();
        Assert.DoesNotContain(bench.Sent(1), rpc => rpc.IWant.Count + rpc.IHave.Count + rpc.Messages.Count > 0);
        bench.Router.Publish(bench.MessageOf(0), bench.Now);
        Assert.NotEmpty(bench.Sent(1));

        bench.Bring(1, bench.MessageOf(50), ValidationVerdict.Reject);
        Assert.True(bench.Score(1) < bench.Options.Score.GraylistThreshold);
        bench.Take();
        bench.Router.Publish(bench.MessageOf(0), bench.Now);
        Assert.Empty(bench.Sent(1));
        bench.Bring(1, bench.MessageOf(50));
        Assert.Empty(bench.Take());
    }

    [Fact]
    public void SeenAndHistory_StayBounded()
    {
        SeenMessages seen = new(TimeSpan.FromSeconds(10), 100);
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(seen.Add(new(BitConverter.GetBytes(i)), TimeSpan.FromSeconds(i / 100.0)));
        }

        Assert.Equal(100, seen.Count);
        Assert.False(seen.Add(new(BitConverter.GetBytes(999)), TimeSpan.FromSeconds(10)));
        seen.Forget(TimeSpan.FromSeconds(19.5));
        Assert.InRange(seen.Count, 49, 51);
        seen.Forget(TimeSpan.FromSeconds(30));
        Assert.Equal(0, seen.Count);
    }

    [Fact]
    public void ADroppedMessage_MayComeAgain_AndBreaksNoPromise()
    {
        Bench bench = Subscribed(options: new() { Score = new() { BehaviourThreshold = 0, AnyTopic = null } });
        GossipMessage message = bench.MessageOf(50);
        bench.Hear(1, new() { IHave = [new(Bench.Topic, [bench.IdOf(message)])] });
        bench.Hear(1, new() { Messages = [message] });
        bench.Router.Dropped(Assert.Single(bench.Take().OfType<RouterAction.Check>()).Arrival);
        bench.Beat(5);
        Assert.Equal(0, bench.Score(1));
        bench.Bring(2, message);
        Assert.Single(bench.Take().OfType<RouterAction.Deliver>());
    }
}
