using Aria.Libp2p.Nat.LocalDiscovery;
using Aria.Libp2p.Nat.Tests.Namespaces;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.Nat.Tests.LocalDiscovery;

/// <summary>Two peers on one link, made of network namespaces.</summary>
public sealed class MdnsDiscoveryTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PeersOnOneLink_FindEachOther_AndConnect()
    {
        using TwoNats nats = TwoNats.Build();
        await using NatPeer one = await new NatPeer(new NamespaceTransport(nats.Hidden[0])).ListenAsync("/ip4/10.1.0.2/tcp/4001");
        await using NatPeer other = await new NatPeer(new NamespaceTransport(nats.Router)).ListenAsync("/ip4/10.1.0.1/tcp/4001");
        MdnsDiscovery here = new(one.Local, new(), TimeProvider.System, NullLoggerFactory.Instance);
        MdnsDiscovery there = new(other.Local, new() { Interfaces = [System.Net.IPAddress.Parse("10.1.0.1")] }, TimeProvider.System, NullLoggerFactory.Instance);
        TaskCompletionSource<PeerInfo> foundHere = new(TaskCreationOptions.RunContinuationsAsynchronously), foundThere = new(TaskCreationOptions.RunContinuationsAsynchronously);
        here.Found += found => foundHere.TrySetResult(found);
        there.Found += found => foundThere.TrySetResult(found);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task running = await nats.Hidden[0].RunAsync(() => Task.FromResult(here.RunAsync(end.Token))), alsoRunning = await nats.Router.RunAsync(() => Task.FromResult(there.RunAsync(end.Token)));

        Assert.Equal(other.Local.Addresses, (await foundHere.Task.WaitAsync(TimeSpan.FromMinutes(4), Stop)).Addresses);
        Assert.Equal(one.Local.Addresses, (await foundThere.Task.WaitAsync(TimeSpan.FromMinutes(4), Stop)).Addresses);
        Assert.Equal(one.Id, await other.Local.ConnectAsync(Multiaddress.Parse($"/p2p/{one.Id}"), Stop));
        await end.CancelAsync();
        await Task.WhenAll(running, alsoRunning);
    }
}
