using Aria.Libp2p.PubSub.Messages;
using Aria.Libp2p.PubSub.Routing;

namespace Aria.Libp2p.PubSub.Tests.Routing;

/// <summary>GRAFT, PRUNE, back-off, sizes, quota, fan-out.</summary>
public sealed class MeshTests
{
    [Fact]
    public void WhoJoins_IsToldTheSubscriptions_AndGraftedWhileTheMeshLacks()
    {
        Bench bench = new();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.Join(1);
        Rpc[] sent = bench.Sent(1);
        Assert.Equal([new(Bench.Topic, IsSubscribed: true)], sent[0].Subscriptions);
        Assert.Equal([Bench.Topic], sent[1].Graft);
        bench.JoinMany(2, 10);
        Assert.Equal(bench.Options.DLow, bench.Mesh().Length);
    }

    [Fact]
    public void Subscribing_TellsEverybody_AndMeshesWithD()
    {
        Bench bench = new();
        bench.JoinMany(1, 20);
        bench.Join(30, topic: "other");
        bench.Take();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        RouterAction.Send[] sent = [.. bench.Take().OfType<RouterAction.Send>()];
        Assert.Equal(21, sent.Count(send => send.Rpc.Subscriptions.Count == 1));
        Assert.Equal(bench.Options.D, sent.Count(send => send.Rpc.Graft.Count == 1));
        Assert.Equal(bench.Options.D, bench.Mesh().Length);
        Assert.DoesNotContain(30, bench.Mesh());
    }

    [Fact]
    public void TheSameEvents_GiveTheSameMesh_OtherSeedsOthers()
    {
        static int[] Run(int seed)
        {
            Bench bench = new(seed: seed);
            bench.JoinMany(1, 40);
            bench.Router.Subscribe(Bench.Topic, bench.Now);
            bench.Beat(3);
            return bench.Mesh();
        }

        Assert.Equal(Run(7), Run(7));
        Assert.NotEqual(Run(7), Run(8));
    }

    [Fact]
    public void ATooLargeMesh_ShrinksToD_TheBestAndDOutOfThemStay()
    {
        Bench bench = new();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.JoinMany(1, 3, isOutbound: true);
        bench.JoinMany(4, 12, isOutbound: false);
        for (int peer = 6; peer <= 15; peer++)
        {
            bench.Hear(peer, new() { Graft = [Bench.Topic] });
        }

        for (int peer = 6; peer <= 9; peer++)
        {
            bench.Bring(peer, bench.MessageOf(50));       // P2: better than the others
        }

        bench.Join(16, isOutbound: true);                       // outbound beyond D_hi
        bench.Hear(16, new() { Graft = [Bench.Topic] });
        Assert.True(bench.Mesh().Length > bench.Options.DHigh, $"{bench.Mesh().Length}");
        int[] before = bench.Mesh();
        bench.Take();
        bench.Beat();
        Assert.Equal(bench.Options.D, bench.Mesh().Length);
        Assert.True(bench.Mesh().Count(peer => peer is >= 6 and <= 9) >= bench.Options.DScore);
        Assert.True(bench.Mesh().Count(peer => peer is <= 3 or 16) >= bench.Options.DOut);
        Pruning[] prunings = [.. bench.Take().OfType<RouterAction.Send>().SelectMany(send => send.Rpc.Prune)];
        Assert.Equal(before.Length - bench.Options.D, prunings.Length);
        Assert.All(prunings, pruning => Assert.Equal(bench.Options.PruneBackoff, pruning.Backoff));
        Assert.All(prunings, pruning => Assert.NotEmpty(pruning.Peers));
    }

    [Fact]
    public void InboundGrafts_BeyondDHigh_AreRefused_OutboundOnesAreNot()
    {
        Bench bench = new();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.JoinMany(1, 20, isOutbound: false);
        for (int peer = 1; peer <= 20; peer++)
        {
            bench.Hear(peer, new() { Graft = [Bench.Topic] });
        }

        Assert.Equal(bench.Options.DHigh, bench.Mesh().Length);
        bench.Take();
        bench.Join(21, isOutbound: true);
        bench.Hear(21, new() { Graft = [Bench.Topic] });
        Assert.Contains(21, bench.Mesh());
        bench.Join(22, isOutbound: false);
        bench.Hear(22, new() { Graft = [Bench.Topic] });
        Assert.Contains(bench.Sent(22), rpc => rpc.Prune.Count == 1);
    }

    [Fact]
    public void AMeshOfInboundPeers_TakesOutboundOnes()
    {
        Bench bench = new();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.JoinMany(1, 8, isOutbound: false);
        for (int peer = 1; peer <= 8; peer++)
        {
            bench.Hear(peer, new() { Graft = [Bench.Topic] });
        }

        bench.JoinMany(10, 5, isOutbound: true);
        Assert.DoesNotContain(bench.Mesh(), peer => peer >= 10);
        bench.Beat();
        Assert.Equal(bench.Options.DOut, bench.Mesh().Count(peer => peer >= 10));
    }

    [Fact]
    public void WhoPrunes_IsNotAskedBeforeItsBackoffIsOver()
    {
        Bench bench = new();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.Join(1);
        bench.Hear(1, new() { Prune = [new(Bench.Topic, [], TimeSpan.FromSeconds(30))] });
        Assert.Empty(bench.Mesh());
        bench.Take();
        bench.Beat(30);     // the other end's clock may be a little behind
        Assert.DoesNotContain(bench.Sent(1), rpc => rpc.Graft.Count > 0);
        bench.Beat();
        Assert.Contains(bench.Sent(1), rpc => rpc.Graft.Count > 0);

        // One that does not say how long means the usual time; one that says forever does not get it.
        bench.Hear(1, new() { Prune = [new(Bench.Topic, [], null)] });
        bench.Beat((int)bench.Options.PruneBackoff.TotalSeconds - 1);
        Assert.Empty(bench.Mesh());
        bench.Beat(2);
        Assert.Equal([1], bench.Mesh());
        bench.Hear(1, new() { Prune = [new(Bench.Topic, [], TimeSpan.FromDays(1))] });
        bench.Pass(bench.Options.MaxBackoff);
        bench.Beat();
        Assert.Equal([1], bench.Mesh());
    }

    [Fact]
    public void WhoHasABadScore_IsToldOfNobody_AlsoWhereTheTopicIsLeft()
    {
        Bench bench = new();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.JoinMany(1, 4);
        bench.Bring(1, bench.MessageOf(50), ValidationVerdict.Reject);
        Assert.True(bench.Score(1) < 0);
        Assert.Equal([1, 2, 3, 4], bench.Mesh());
        bench.Take();
        bench.Router.Unsubscribe(Bench.Topic, bench.Now);
        RouterAction.Send[] sent = [.. bench.Take().OfType<RouterAction.Send>().Where(send => send.Rpc.Prune.Count > 0)];
        Assert.Equal(4, sent.Length);
        Assert.All(sent, send => Assert.Equal(send.To == Peers.Id(1) ? 0 : 2, send.Rpc.Prune[0].Peers.Count));
    }

    [Fact]
    public void AGraftWithinTheBackoff_IsRefused_AndCounts()
    {
        Bench bench = new(new() { Score = new() { BehaviourThreshold = 0, AnyTopic = null } });
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.JoinMany(1, 13, isOutbound: false);
        for (int peer = 1; peer <= 13; peer++)
        {
            bench.Hear(peer, new() { Graft = [Bench.Topic] });
        }

        Assert.DoesNotContain(13, bench.Mesh());
        Assert.Equal(0, bench.Score(13));
        bench.Hear(13, new() { Graft = [Bench.Topic] });     // at once: twice as bad
        Assert.Equal(-40, bench.Score(13));
        bench.Take();
        bench.Pass(TimeSpan.FromSeconds(20));
        bench.Hear(13, new() { Graft = [Bench.Topic] });
        Assert.Equal(-90, bench.Score(13));
        Assert.Contains(bench.Sent(13), rpc => rpc.Prune is [{ Peers.Count: 0 }]);
    }

    [Fact]
    public void AGraftForATopicThatIsNotOurs_GetsNoAnswer()
    {
        Bench bench = new();
        bench.Join(1);
        bench.Take();
        bench.Hear(1, new() { Graft = ["nowhere"] });
        Assert.Empty(bench.Take());
    }

    [Fact]
    public void BadPeers_LeaveTheMesh_AndAreNotTakenIn()
    {
        Bench bench = new();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.JoinMany(1, 8);
        int bad = bench.Mesh()[0];
        bench.Bring(bad, bench.MessageOf(50), ValidationVerdict.Reject);
        Assert.True(bench.Score(bad) < 0);
        bench.Take();
        bench.Beat();
        Assert.DoesNotContain(bad, bench.Mesh());
        Assert.Contains(bench.Sent(bad), rpc => rpc.Prune is [{ Peers.Count: 0 }]);
        Assert.Equal(bench.Options.D, bench.Mesh().Length);
        bench.Pass(TimeSpan.FromMinutes(2));
        bench.Hear(bad, new() { Graft = [Bench.Topic] });
        Assert.DoesNotContain(bad, bench.Mesh());
    }

    [Fact]
    public void LeavingATopic_PrunesWithTheShortBackoff_ThenSaysSo()
    {
        Bench bench = new();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.Join(1);
        bench.Take();
        bench.Router.Unsubscribe(Bench.Topic, bench.Now);
        Rpc[] sent = bench.Sent(1);
        Assert.Equal(bench.Options.UnsubscribeBackoff, sent[0].Prune[0].Backoff);
        Assert.Equal([new(Bench.Topic, IsSubscribed: false)], sent[1].Subscriptions);
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        Assert.Empty(bench.Mesh());
        bench.Beat(11);
        Assert.Equal([1], bench.Mesh());
    }

    [Fact]
    public void V10Peers_GetNoBackoffAndNoPeers_FloodsubPeersNoMesh()
    {
        Bench bench = new();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.Join(1, GossipVersion.V10);
        bench.Join(2, GossipVersion.Floodsub);
        bench.Join(3);
        Assert.Equal([1, 3], bench.Mesh());
        bench.Take();
        bench.Router.Unsubscribe(Bench.Topic, bench.Now);
        RouterAction.Send[] sent = [.. bench.Take().OfType<RouterAction.Send>()];
        Assert.Null(sent.Single(send => send.To == Peers.Id(1) && send.Rpc.Prune.Count > 0).Rpc.Prune[0].Backoff);
        Assert.NotNull(sent.Single(send => send.To == Peers.Id(3) && send.Rpc.Prune.Count > 0).Rpc.Prune[0].Backoff);
    }

    [Fact]
    public void PrunedPeers_AreExchanged_AndBelievedFromGoodPeersAlone()
    {
        Bench bench = new(new() { Score = new() { AcceptExchangeThreshold = 0.5 } });
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.Join(1);
        Pruning exchange = new(Bench.Topic, [new(Peers.Id(40), new byte[] { 1 }), new(Peers.Id(1), default), new(Peers.Id(0), default)], TimeSpan.FromSeconds(1));
        bench.Hear(1, new() { Prune = [exchange] });
        Assert.Empty(bench.Take().OfType<RouterAction.Connect>());
        bench.Bring(1, bench.MessageOf(50));
        bench.Hear(1, new() { Prune = [exchange] });
        RouterAction.Connect connect = Assert.Single(bench.Take().OfType<RouterAction.Connect>());
        Assert.Equal(Peers.Id(40), connect.Peer);
        Assert.Equal([1], connect.SignedRecord.ToArray());
    }

    [Fact]
    public void DirectPeers_GetEverything_AreNeverMeshed_AndAreConnectedTo()
    {
        Bench bench = new(new() { DirectPeers = [Peers.Id(1), Peers.Id(2)] });
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.Join(1);
        bench.JoinMany(3, 3);
        Assert.DoesNotContain(1, bench.Mesh());
        bench.Hear(1, new() { Graft = [Bench.Topic] });
        Assert.DoesNotContain(1, bench.Mesh());
        Assert.Contains(bench.Sent(1), rpc => rpc.Prune.Count == 1);
        bench.Bring(3, bench.MessageOf(50));
        Assert.Contains(bench.Sent(1), rpc => rpc.Messages.Count == 1);
        for (int i = 0; i < 10; i++)
        {
            bench.Bring(1, bench.MessageOf(50), ValidationVerdict.Reject);
        }

        bench.Bring(1, bench.MessageOf(50));
        Assert.Single(bench.Take().OfType<RouterAction.Deliver>());      // heard whatever its score
        bench.Beat();
        Assert.Equal(Peers.Id(2), Assert.Single(bench.Take().OfType<RouterAction.Connect>()).Peer);
    }

    [Fact]
    public void Fanout_IsFilled_KeptWhilePublishing_AndBecomesTheMesh()
    {
        Bench bench = new(new() { FloodsOwn = false });
        bench.JoinMany(1, 20);
        Assert.Equal(bench.Options.D, bench.Router.Publish(bench.MessageOf(0), bench.Now));
        PeerId[] fanout = [.. bench.Take().OfType<RouterAction.Send>().Where(send => send.Rpc.Messages.Count > 0).Select(send => send.To)];
        bench.Beat();
        bench.Take();
        bench.Router.Publish(bench.MessageOf(0), bench.Now);
        Assert.Equal(fanout.Order(), bench.Take().OfType<RouterAction.Send>().Where(send => send.Rpc.Messages.Count > 0).Select(send => send.To).Order());
        bench.Router.Leave(fanout[0], bench.Now);
        bench.Beat();
        bench.Take();
        Assert.Equal(bench.Options.D, bench.Router.Publish(bench.MessageOf(0), bench.Now));
        fanout = [.. bench.Take().OfType<RouterAction.Send>().Where(send => send.Rpc.Messages.Count > 0).Select(send => send.To)];
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        Assert.Equal(fanout.Order(), bench.Router.MeshOf(Bench.Topic).Order());
    }

    [Fact]
    public void OpportunisticGrafting_LiftsAMeshOfMutePeers()
    {
        Bench bench = new(new() { OpportunisticGraftHeartbeats = 5 });
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.JoinMany(1, 12);
        int[] mute = bench.Mesh();
        foreach (int lively in Enumerable.Range(1, 12).Except(mute))
        {
            for (int i = 0; i < 5; i++)
            {
                bench.Bring(lively, bench.MessageOf(50));
            }
        }

        bench.Beat(4);
        Assert.Equal(mute, bench.Mesh());
        bench.Beat();
        Assert.Equal(mute.Length + bench.Options.OpportunisticGraftPeers, bench.Mesh().Length);
    }

    [Fact]
    public void OpportunisticGrafting_LiftsAMuteMesh_HoweverLongItStood()
    {
        Bench bench = new();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.JoinMany(1, 12);
        int[] mute = bench.Mesh();
        bench.Beat(6 * bench.Options.OpportunisticGraftHeartbeats - 1);      // longer than time in the mesh counts (P1)
        Assert.Equal(mute, bench.Mesh());
        foreach (int lively in Enumerable.Range(1, 12).Except(mute))
        {
            for (int i = 0; i < 5; i++)
            {
                bench.Bring(lively, bench.MessageOf(50));
            }
        }

        bench.Beat();
        Assert.Equal(mute.Length + bench.Options.OpportunisticGraftPeers, bench.Mesh().Length);
    }

    [Fact]
    public void WhoLeaves_IsForgottenEverywhere()
    {
        Bench bench = new();
        bench.Router.Subscribe(Bench.Topic, bench.Now);
        bench.JoinMany(1, 6);
        bench.Router.Leave(Peers.Id(1), bench.Now);
        Assert.DoesNotContain(1, bench.Mesh());
        Assert.DoesNotContain(Peers.Id(1), bench.Router.PeersOf(Bench.Topic));
        bench.Take();
        bench.Router.Publish(bench.MessageOf(0), bench.Now);
        bench.Beat(3);
        Assert.Empty(bench.Sent(1));
        bench.Hear(1, new() { Graft = [Bench.Topic] });
        Assert.DoesNotContain(1, bench.Mesh());
    }

    [Fact]
    public void Subscriptions_AreBounded_AndFiltered()
    {
        Bench bench = new(new() { MaxTopicsPerPeer = 3, MaxTopics = 5, TopicFilter = topic => topic != "unwanted", Score = new() { BehaviourThreshold = 0 } });
        bench.Join(1, topic: null);
        bench.Hear(1, new() { Subscriptions = [.. "abcdef".Select(topic => new TopicChange(topic.ToString(), IsSubscribed: true))] });
        Assert.Empty(bench.Router.PeersOf("d"));
        Assert.Single(bench.Router.PeersOf("c"));
        Assert.Equal(-90, bench.Score(1));
        bench.Join(2, topic: null);
        bench.Hear(2, new() { Subscriptions = [new("unwanted", IsSubscribed: true), new("x", IsSubscribed: true), new("y", IsSubscribed: true), new("z", IsSubscribed: true)] });
        Assert.Empty(bench.Router.PeersOf("unwanted"));
        Assert.Single(bench.Router.PeersOf("y"));
        Assert.Empty(bench.Router.PeersOf("z"));
    }

    [Fact]
    public void ManyPeersOfOneHost_AreNeitherMeshedNorHeard_OthersAre()
    {
        Bench bench = new();
        bench.JoinMany(1, 4);
        for (int peer = 10; peer < 25; peer++)
        {
            bench.Join(peer, host: "203.0.113.7", isOutbound: false);
        }

        bench.Router.Subscribe(Bench.Topic, bench.Now);
        Assert.Equal([1, 2, 3, 4], bench.Mesh());
        bench.Hear(10, new() { Graft = [Bench.Topic] });
        bench.Bring(10, bench.MessageOf(50));
        bench.Beat();
        Assert.Equal([1, 2, 3, 4], bench.Mesh());
        Assert.Empty(bench.Take().OfType<RouterAction.Deliver>());
        bench.Bring(1, bench.MessageOf(50));
        Assert.Single(bench.Take().OfType<RouterAction.Deliver>());
    }

    [Fact]
    public void ContradictoryDegrees_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new Bench(new() { DOut = 4 }));
        Assert.Throws<ArgumentException>(() => new Bench(new() { DLow = 7 }));
        Assert.Throws<ArgumentException>(() => new Bench(new() { DHigh = 5 }));
    }
}
