using System.Net;
using Aria.Libp2p.Tests.Hostile;

namespace Aria.Libp2p.Tests;

public sealed class ConnectionGateTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static PeerId PeerOf(byte number) => PeerId.FromEd25519([number, .. new byte[31]]);

    [Fact]
    public void BlockedPeers_AndThoseNotAllowed_AreRefused()
    {
        ConnectionGate gate = new();
        Assert.False(gate.Refuses(PeerOf(1)));
        gate.Block(PeerOf(1));
        Assert.True(gate.Refuses(PeerOf(1)));
        gate.AllowOnly([PeerOf(1), PeerOf(2)]);
        Assert.Equal([true, false, true], new[] { PeerOf(1), PeerOf(2), PeerOf(3) }.Select(gate.Refuses));
        gate.Unblock(PeerOf(1));
        gate.AllowOnly(null);
        Assert.False(gate.Refuses(PeerOf(1)) || gate.Refuses(PeerOf(3)));
    }

    [Theory]
    [InlineData("/ip4/192.0.2.7/tcp/1", true)]
    [InlineData("/ip4/192.0.3.7/tcp/1", false)]
    [InlineData("/ip6/2001:db8:1::1/tcp/1", true)]
    [InlineData("/ip6/2001:db9::1/tcp/1", false)]
    [InlineData("/ip6/::ffff:192.0.2.7/tcp/1", true)]       // the system dials 192.0.2.7
    [InlineData("/ip6/::ffff:192.0.3.7/tcp/1", false)]
    [InlineData("/dns4/example.org/tcp/1", false)]
    [InlineData("/memory/1", false)]
    public void BlockedNetworks_AreRefused(string address, bool isRefused)
    {
        ConnectionGate gate = new();
        gate.Block(IPNetwork.Parse("192.0.2.0/24"));
        gate.Block(IPNetwork.Parse("2001:db8::/32"));
        Assert.Equal(isRefused, gate.Refuses(Multiaddress.Parse(address)));
        gate.Unblock(IPNetwork.Parse("192.0.2.0/24"));
        gate.Unblock(IPNetwork.Parse("2001:db8::/32"));
        Assert.False(gate.Refuses(Multiaddress.Parse(address)));
    }

    [Fact]
    public async Task BlockedPeer_IsCutOff_AndComesInNoMore_NorIsItDialed()
    {
        await using PeerGroup group = new(overTcp: true);
        LocalPeer target = await group.StartAsync(), pest = await group.StartAsync();
        using Counts counts = new(target);
        await pest.ConnectAsync(target.Addresses[0], Stop);
        await pest.PingAsync(target.Id, Stop);
        TaskCompletionSource<PeerId> left = new(TaskCreationOptions.RunContinuationsAsynchronously), lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        target.PeerDisconnected += left.SetResult;
        pest.PeerDisconnected += one => lost.TrySetResult(one);
        target.Gate.Block(pest.Id);
        Assert.Equal(pest.Id, await left.Task.WaitAsync(Stop));
        Assert.Equal(target.Id, await lost.Task.WaitAsync(Stop));       // or its ping would fail on the connection that it still holds, without another dial
        await Assert.ThrowsAsync<DialFailedException>(() => target.ConnectAsync(pest.Addresses[0], Stop));

        // The dialer is done one message before it is refused.
        await Assert.ThrowsAnyAsync<Libp2pException>(async () =>
        {
            while (true)
            {
                await pest.ConnectAsync(target.Addresses[0], Stop);
                await pest.PingAsync(target.Id, Stop);
            }
        });
        await counts.WaitForAsync("libp2p.connections.refused/gate", 1);
        Assert.Empty(target.ConnectedPeers);

        target.Gate.Unblock(pest.Id);
        await target.ConnectAsync(pest.Addresses[0], Stop);
        Assert.True(await target.PingAsync(pest.Id, Stop) > TimeSpan.Zero);
    }

    [Fact]
    public async Task BlockedNetwork_IsRefusedBeforeItsHandshake()
    {
        await using PeerGroup group = new(overTcp: true);
        LocalPeer target = await group.StartAsync(), pest = group.Create();
        using Counts counts = new(target);
        target.Gate.Block(IPNetwork.Parse("127.0.0.0/8"));
        await Assert.ThrowsAsync<DialFailedException>(() => pest.ConnectAsync(target.Addresses[0], Stop));
        await counts.WaitForAsync("libp2p.connections.refused/gate", 1);
        Assert.Equal(1, counts.Of("libp2p.connections.refused/gate"));
    }
}
