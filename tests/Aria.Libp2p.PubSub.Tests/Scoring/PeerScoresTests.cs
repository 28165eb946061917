using Aria.Libp2p.PubSub.Messages;
using Aria.Libp2p.PubSub.Scoring;

namespace Aria.Libp2p.PubSub.Tests.Scoring;

/// <summary>Each part of the score by itself, by hand-worked numbers.</summary>
public sealed class PeerScoresTests
{
    private const string Topic = "t";

    private static readonly PeerId A = Peers.Id(1), B = Peers.Id(2);
    private static readonly TopicScoreOptions Nothing = new()
    {
        TimeInMeshWeight = 0, FirstDeliveriesWeight = 0, InvalidDeliveriesWeight = 0, FirstDeliveriesDecay = 0.5, MeshDeliveriesDecay = 0.5, MeshFailureDecay = 0.5, InvalidDeliveriesDecay = 0.5,
    };

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private static MessageId Id(int number) => new(BitConverter.GetBytes(number));

    private static PeerScores Of(TopicScoreOptions topic, ScoreOptions? options = null)
    {
        PeerScores scores = new((options ?? new()) with { AnyTopic = topic });
        scores.Connected(A, null);
        scores.Connected(B, null);
        return scores;
    }

    private static void Deliver(PeerScores scores, int id, PeerId from, double at)
    {
        scores.Validating(Id(id), from, At(at));
        scores.Accepted(Id(id), Topic, At(at));
    }

    [Fact]
    public void P1_TimeInMesh_ByQuantum_UpToItsCap()
    {
        PeerScores scores = Of(Nothing with { Weight = 2, TimeInMeshWeight = 3, TimeInMeshQuantum = At(10), TimeInMeshCap = 4 });
        scores.Grafted(A, Topic, At(0));
        Assert.Equal(0, scores.Of(A));
        scores.Decay(At(20));
        Assert.Equal(2 * 3 * 2, scores.Of(A));
        scores.Decay(At(200));
        Assert.Equal(2 * 3 * 4, scores.Of(A));
        scores.Pruned(A, Topic);
        Assert.Equal(0, scores.Of(A));
        Assert.Equal(0, scores.Of(B));
    }

    [Fact]
    public void P2_FirstDeliveries_Decay()
    {
        PeerScores scores = Of(Nothing with { FirstDeliveriesWeight = 1, FirstDeliveriesCap = 3 });
        for (int i = 0; i < 5; i++)
        {
            Deliver(scores, i, A, at: 0);
            scores.DeliveredAgain(Id(i), B, Topic, At(0));
        }

        Assert.Equal(3, scores.Of(A));
        Assert.Equal(0, scores.Of(B));
        scores.Decay(At(1));
        Assert.Equal(1.5, scores.Of(A));
        scores.Decay(At(3));
        Assert.Equal(0.375, scores.Of(A));
        scores.Decay(At(40));
        Assert.Equal(0, scores.Of(A));
    }

    [Fact]
    public void P3_MeshDeliveries_CountInTheMesh_AfterActivation_WithinTheWindow()
    {
        PeerScores scores = Of(Nothing with
        {
            MeshDeliveriesWeight = -1, MeshDeliveriesThreshold = 4, MeshDeliveriesActivation = At(5), MeshDeliveriesWindow = At(0.5), MeshDeliveriesDecay = 1, MeshFailureWeight = -2,
        });
        scores.Grafted(B, Topic, At(0));
        scores.Decay(At(5));
        Assert.Equal(0, scores.Of(B));
        scores.Decay(At(6));
        Assert.Equal(-16, scores.Of(B));
        Deliver(scores, 1, B, at: 6);                           // first
        Deliver(scores, 2, A, at: 6);
        scores.DeliveredAgain(Id(2), B, Topic, At(6.5));        // in time
        Deliver(scores, 3, A, at: 6);
        scores.DeliveredAgain(Id(3), B, Topic, At(6.6));        // too late
        scores.DeliveredAgain(Id(2), B, Topic, At(6.5));        // again
        Assert.Equal(-4, scores.Of(B));
        scores.Validating(Id(4), A, At(6));
        scores.DeliveredAgain(Id(4), B, Topic, At(6));          // while it was being validated
        scores.Accepted(Id(4), Topic, At(20));
        Assert.Equal(-1, scores.Of(B));
        Assert.Equal(0, scores.Of(A));                          // not in the mesh

        scores.Pruned(B, Topic);                                // P3b keeps the deficit
        Assert.Equal(-2, scores.Of(B));
        scores.Grafted(B, Topic, At(21));
        Assert.Equal(-2, scores.Of(B));
    }

    [Fact]
    public void P4_InvalidMessages_BySquare_ForEveryoneWhoSentThem()
    {
        PeerScores scores = Of(Nothing with { InvalidDeliveriesWeight = -3 });
        scores.DeliveredInvalid(A, Topic);
        scores.Validating(Id(1), A, At(0));
        scores.DeliveredAgain(Id(1), B, Topic, At(0));
        scores.Rejected(Id(1), Topic, At(0));
        Assert.Equal(-12, scores.Of(A));
        Assert.Equal(-3, scores.Of(B));
        scores.Validating(Id(2), A, At(0));
        scores.Ignored(Id(2), At(0));
        scores.DeliveredAgain(Id(2), B, Topic, At(0));
        Assert.Equal(-12, scores.Of(A));
        Assert.Equal(-3, scores.Of(B));
        Deliver(scores, 3, A, at: 0);
        scores.Rejected(Id(3), Topic, At(0));                   // settled is settled
        Assert.Equal(-12, scores.Of(A));
    }

    [Fact]
    public void P5_TheApplicationsWord_IsWeighed() =>
        Assert.Equal(-6, Of(Nothing, new() { ApplicationScore = peer => peer == A ? -2 : 0, ApplicationWeight = 3 }).Of(A));

    [Fact]
    public void P6_ManyPeersOfOneHost()
    {
        PeerScores scores = new(new() { ColocationWeight = -2, ColocationThreshold = 3 });
        for (int peer = 1; peer <= 5; peer++)
        {
            scores.Connected(Peers.Id(peer), "203.0.113.7");
        }

        scores.Connected(Peers.Id(6), "203.0.113.8");
        scores.Connected(Peers.Id(7), null);
        Assert.Equal(-8, scores.Of(A));
        Assert.Equal(0, scores.Of(Peers.Id(6)));
        Assert.Equal(0, scores.Of(Peers.Id(7)));
        scores.Disconnected(Peers.Id(5), At(0));
        Assert.Equal(-2, scores.Of(A));
        scores.Connected(Peers.Id(4), "203.0.113.9");           // it moved
        Assert.Equal(0, scores.Of(A));
    }

    [Fact]
    public void P6_WhatIsOneHost()
    {
        Assert.Equal("203.0.113.7", HostOfPeer.Of(Multiaddress.Parse("/ip4/203.0.113.7/tcp/1"), countsPrivate: false));
        Assert.Equal("203.0.113.7", HostOfPeer.Of(Multiaddress.Parse("/ip6/::ffff:203.0.113.7/tcp/1"), countsPrivate: false));
        Assert.Equal("2001:db8:1:200::", HostOfPeer.Of(Multiaddress.Parse("/ip6/2001:db8:1:2ff:1::1/tcp/1"), countsPrivate: false));
        Assert.Null(HostOfPeer.Of(Multiaddress.Parse("/ip4/127.0.0.1/tcp/1"), countsPrivate: false));
        Assert.Null(HostOfPeer.Of(Multiaddress.Parse("/ip4/10.1.2.3/tcp/1"), countsPrivate: false));
        Assert.Null(HostOfPeer.Of(Multiaddress.Parse("/memory/7"), countsPrivate: true));
        Assert.Equal("127.0.0.1", HostOfPeer.Of(Multiaddress.Parse("/ip4/127.0.0.1/tcp/1"), countsPrivate: true));
        Assert.Null(HostOfPeer.Of(null, countsPrivate: true));
    }

    [Fact]
    public void P7_BreachesBeyondTheThreshold_BySquare_Decay()
    {
        PeerScores scores = Of(Nothing, new() { BehaviourWeight = -1, BehaviourThreshold = 2, BehaviourDecay = 0.5 });
        scores.Penalize(A, 2);
        Assert.Equal(0, scores.Of(A));
        scores.Penalize(A, 4);
        Assert.Equal(-16, scores.Of(A));
        scores.Decay(At(1));
        Assert.Equal(-1, scores.Of(A));
        scores.Penalize(Peers.Id(9), 5);                        // a stranger
        Assert.Equal(0, scores.Of(Peers.Id(9)));
    }

    [Fact]
    public void TopicsTogether_EarnNoMoreThanTheirCap_ButLoseWithoutOne()
    {
        PeerScores scores = Of(Nothing with { FirstDeliveriesWeight = 10, InvalidDeliveriesWeight = -100 }, new() { TopicScoreCap = 15 });
        Deliver(scores, 1, A, at: 0);
        Deliver(scores, 2, A, at: 0);
        Assert.Equal(15, scores.Of(A));
        scores.DeliveredInvalid(A, Topic);
        Assert.Equal(-80, scores.Of(A));
    }

    [Fact]
    public void ABadScore_OutlivesTheConnection_AGoodOneDoesNot()
    {
        PeerScores scores = Of(Nothing with { FirstDeliveriesWeight = 1, InvalidDeliveriesWeight = -1, InvalidDeliveriesDecay = 1 }, new() { RetainFor = At(60) });
        Deliver(scores, 1, A, at: 0);
        scores.DeliveredInvalid(B, Topic);
        scores.Disconnected(A, At(0));
        scores.Disconnected(B, At(0));
        scores.Decay(At(59));
        scores.Connected(A, null);
        scores.Connected(B, null);
        Assert.Equal(0, scores.Of(A));
        Assert.Equal(-1, scores.Of(B));
        scores.Disconnected(B, At(60));
        scores.Decay(At(121));
        scores.Connected(B, null);
        Assert.Equal(0, scores.Of(B));
    }

    [Fact]
    public void WhatIsRemembered_IsBounded()
    {
        PeerScores scores = new(new() { MaxRetained = 2, MaxDeliveries = 2 });
        for (int peer = 1; peer <= 3; peer++)
        {
            scores.Connected(Peers.Id(peer), null);
            scores.DeliveredInvalid(Peers.Id(peer), Topic);
            scores.Disconnected(Peers.Id(peer), At(0));
        }

        Assert.Equal(0, scores.Of(Peers.Id(1)));
        Assert.True(scores.Of(Peers.Id(2)) < 0);
        scores.Connected(A, null);
        for (int id = 1; id <= 3; id++)
        {
            scores.Validating(Id(id), A, At(0));
        }

        scores.Rejected(Id(1), Topic, At(0));
        Assert.Equal(0, scores.Of(A));
        scores.Rejected(Id(3), Topic, At(0));
        Assert.True(scores.Of(A) < 0);
    }
}
