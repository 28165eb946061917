namespace Aria.Libp2p.Tests;

public sealed class PeerStoreFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("peers-").FullName;

    private string Store => Path.Combine(_folder, "peers.txt");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static PeerId PeerOf(int number) => PeerId.FromEd25519([(byte)(number >> 8), (byte)number, .. new byte[30]]);

    [Fact]
    public void WhatIsWritten_IsReadAgain_InItsOrder()
    {
        PeerInfo[] peers = [.. Enumerable.Range(1, 3).Select(i => new PeerInfo(PeerOf(i), [Multiaddress.Parse($"/ip4/192.0.2.{i}/tcp/1"), Multiaddress.Parse($"/ip6/2001:db8::{i}/tcp/2")]))];
        new PeerStoreFile(Store).Write(peers);
        IReadOnlyList<PeerInfo> read = new PeerStoreFile(Store).Read();
        Assert.Equal(peers.Select(one => one.Id), read.Select(one => one.Id));
        Assert.Equal(peers.SelectMany(one => one.Addresses.Select(address => address.WithPeer(one.Id))), read.SelectMany(one => one.Addresses));
    }

    [Fact]
    public void Missing_Damaged_AndOverlongFiles_CostTheirLinesAlone()
    {
        Assert.Empty(new PeerStoreFile(Store).Read());
        File.WriteAllText(Store, $"\u0000\u0001garbage\n/ip4/192.0.2.1/tcp/1\n/p2p/{PeerOf(1)}\n  /ip4/192.0.2.1/tcp/1/p2p/{PeerOf(1)}  \n/ip4/192.0.2.300/tcp/1/p2p/{PeerOf(2)}\n/ip4/192.0.2");
        Assert.Equal(PeerOf(1), Assert.Single(new PeerStoreFile(Store).Read()).Id);
        File.WriteAllBytes(Store, new byte[PeerStoreFile.MaxBytes + 1]);
        Assert.Empty(new PeerStoreFile(Store).Read());
    }

    [Fact]
    public void NoMorePeersThanMay_AreWritten()
    {
        new PeerStoreFile(Store).Write(Enumerable.Range(0, 2000).Select(i => new PeerInfo(PeerOf(i), [Multiaddress.Parse("/ip4/192.0.2.1/tcp/1")])));
        Assert.Equal(PeerStoreFile.MaxPeers, new PeerStoreFile(Store).Read().Count);
    }

    [Fact]
    public async Task RestartedPeer_ReachesWhomItWasConnectedTo_AndKeepsNoHearsay()
    {
        await using PeerGroup group = new(overTcp: true);
        LocalPeer other = await group.StartAsync();
        LocalPeer first = group.Create(new() { PeerStorePath = Store });
        first.AddAddresses(PeerOf(9), [Multiaddress.Parse("/ip4/192.0.2.9/tcp/9")]);
        await first.ConnectAsync(other.Addresses[0], Stop);
        await first.DisposeAsync();

        LocalPeer second = group.Create(new() { PeerStorePath = Store });
        Assert.Equal(other.Addresses, second.AddressesOf(other.Id));
        Assert.Empty(second.AddressesOf(PeerOf(9)));
        Assert.True(await second.PingAsync(other.Id, Stop) > TimeSpan.Zero);
    }

    [Fact]
    public async Task StoreThatCannotBeWritten_HarmsNobody()
    {
        await using PeerGroup group = new(overTcp: true);
        LocalPeer other = await group.StartAsync();
        LocalPeer peer = group.Create(new() { PeerStorePath = Path.Combine(_folder, "missing", "peers.txt") });
        await peer.ConnectAsync(other.Addresses[0], Stop);
        await peer.DisposeAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
