using System.Net.Sockets;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.Nat.Probing;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.Nat.Tests.Probing;

/// <summary>AutoNAT client and server over TCP on the loopback interface, where a dead port stands for what cannot be reached.</summary>
public sealed class ProbeTests : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private readonly List<NatPeer> _peers = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (NatPeer peer in _peers)
        {
            await peer.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task AnAddressThatAnswers_IsReached_AndADeadOneIsNot(int version)
    {
        (NatPeer server, NatPeer asker, ProbeClient client) = await PairAsync(new() { DialsPrivate = true });
        Multiaddress alive = asker.Local.Addresses[0].WithoutPeer(), dead = await DeadAsync();
        Assert.Equal(new(ProbeOutcome.Reached, alive), await AskAsync(alive));
        Assert.Equal(new(ProbeOutcome.NotReached, dead), await AskAsync(dead));
        Assert.Single(server.Local.ConnectedPeers);       // the dialer is another peer, and left again

        Task<ProbeAnswer> AskAsync(Multiaddress address) => version == 1 ? client.AskV1Async(server.Id, [address], Stop) : client.AskV2Async(server.Id, [address], Stop);
    }

    [Fact]
    public async Task V1_DialsNobodyElsesAddress_AndV2_OnlyAfterTheDialData()
    {
        (NatPeer server, NatPeer asker, ProbeClient client) = await PairAsync(new() { DialsPrivate = true, MaxDialDelay = TimeSpan.FromMilliseconds(1) });
        await asker.ListenAsync("/ip4/127.0.0.2/tcp/0");
        Multiaddress other = asker.Local.Addresses[1].WithoutPeer();
        Assert.Equal(new(ProbeOutcome.Unknown, null), await client.AskV1Async(server.Id, [other], Stop));
        Assert.Equal(new(ProbeOutcome.Reached, other), await client.AskV2Async(server.Id, [other], Stop));

        // Somebody who asks for another's address and pays too little gets nothing.
        await using PeerStream stream = await asker.Local.OpenStreamAsync(server.Id, V2Message.RequestId, Stop);
        await SendAsync(stream, new V2Message.Request([other], 1));
        V2Message.DataRequest wanted = Assert.IsType<V2Message.DataRequest>(await HearAsync(stream));
        Assert.InRange(wanted.Bytes, 30_000u, 100_000u);
        await SendAsync(stream, new V2Message.Request([other], 1));
        await Assert.ThrowsAnyAsync<Libp2pException>(() => HearAsync(stream));
    }

    [Fact]
    public async Task PrivateAddresses_AreNotDialed_UnlessToldSo()
    {
        (NatPeer server, NatPeer asker, ProbeClient client) = await PairAsync(new());
        Assert.Equal(ProbeOutcome.Unknown, (await client.AskV1Async(server.Id, asker.Local.Addresses, Stop)).Outcome);
        Assert.Equal(ProbeOutcome.Unknown, (await client.AskV2Async(server.Id, asker.Local.Addresses, Stop)).Outcome);
    }

    [Fact]
    public async Task AnAddressThatNoTransportHereDials_IsPassedOver_AndSaysNothingOfThePeer()
    {
        (NatPeer server, NatPeer asker, ProbeClient client) = await PairAsync(new() { DialsPrivate = true });
        Multiaddress quic = Multiaddress.Parse("/ip4/127.0.0.1/udp/4001/quic-v1"), alive = asker.Local.Addresses[0].WithoutPeer();
        Assert.Equal(new(ProbeOutcome.Unknown, null), await client.AskV2Async(server.Id, [quic], Stop));
        Assert.Equal(new(ProbeOutcome.Unknown, null), await client.AskV1Async(server.Id, [quic], Stop));
        Assert.Equal(new(ProbeOutcome.Reached, alive), await client.AskV2Async(server.Id, [quic, alive], Stop));
        Assert.Equal(new(ProbeOutcome.Reached, alive), await client.AskV1Async(server.Id, [quic, alive], Stop));
    }

    [Fact]
    public async Task AServerWithoutAWayToAnAddress_SaysNothingOfIt()
    {
        NatPeer server = await Track(new(new TcpTransport())).ListenAsync("/ip4/127.0.0.1/tcp/0"), asker = await Track(new(new TcpTransport())).ListenAsync("/ip4/127.0.0.1/tcp/0");
        using ProbeServer probes = new(server.Local, Track(new(new RoutelessTransport())).Local, new() { DialsPrivate = true }, TimeProvider.System, NullLoggerFactory.Instance);
        ProbeClient client = new(asker.Local, Timeout, TimeProvider.System);
        await asker.Local.ConnectAsync(server.Local.Addresses[0], Stop);
        Assert.Equal(new(ProbeOutcome.Unknown, null), await client.AskV2Async(server.Id, asker.Local.Addresses, Stop));
        Assert.Equal(new(ProbeOutcome.Unknown, null), await client.AskV1Async(server.Id, asker.Local.Addresses, Stop));
    }

    [Fact]
    public async Task TooManyRequests_AreRejected()
    {
        (NatPeer server, NatPeer asker, ProbeClient client) = await PairAsync(new() { DialsPrivate = true, MaxRequestsPerMinuteAndPeer = 2 });
        Assert.Equal(ProbeOutcome.Reached, (await client.AskV2Async(server.Id, asker.Local.Addresses, Stop)).Outcome);
        Assert.Equal(ProbeOutcome.Reached, (await client.AskV1Async(server.Id, asker.Local.Addresses, Stop)).Outcome);
        Assert.Equal(ProbeOutcome.Unknown, (await client.AskV1Async(server.Id, asker.Local.Addresses, Stop)).Outcome);
        Assert.Equal(ProbeOutcome.Unknown, (await client.AskV2Async(server.Id, asker.Local.Addresses, Stop)).Outcome);
    }

    [Fact]
    public async Task V1_DialsNoOtherPeer()
    {
        (NatPeer server, NatPeer asker, _) = await PairAsync(new() { DialsPrivate = true });
        await using PeerStream stream = await asker.Local.OpenStreamAsync(server.Id, V1Message.Id, Stop);
        LengthPrefixed.Write(stream.Output, new V1Message { Peer = server.Id, Addresses = [server.Local.Addresses[0]] }.Encode());
        await stream.Output.FlushAsync(Stop);
        Assert.True(V1Message.TryDecode((await LengthPrefixed.ReadAsync(stream.Input, V1Message.MaxBytes, Stop))!, out V1Message? answer));
        Assert.Equal(V1Status.BadRequest, answer.Status);
    }

    [Theory]
    [InlineData("a dial that never came")]
    [InlineData("another index")]
    [InlineData("too much data")]
    [InlineData("a request")]
    [InlineData("garbage")]
    public async Task AServerThatLies_IsNotBelieved(string kind)
    {
        NatPeer server = await Track(new(new TcpTransport())).ListenAsync("/ip4/127.0.0.1/tcp/0"), asker = await Track(new(new TcpTransport())).ListenAsync("/ip4/127.0.0.1/tcp/0");
        server.Local.Handle(V2Message.RequestId, async (stream, _) =>
        {
            await HearAsync(stream);
            LengthPrefixed.Write(stream.Output, kind switch
            {
                "a dial that never came" => new V2Message.Response(V2Status.Ok, 0, V2DialStatus.Ok).Encode(),
                "another index" => new V2Message.Response(V2Status.Ok, 1, V2DialStatus.DialError).Encode(),
                "too much data" => new V2Message.DataRequest(0, 100_001).Encode(),
                "a request" => new V2Message.Request([], 1).Encode(),
                _ => [0xff],
            });
            await stream.Output.FlushAsync(Stop);
        });
        ProbeClient client = new(asker.Local, Timeout, TimeProvider.System);
        await asker.Local.ConnectAsync(server.Local.Addresses[0], Stop);
        await Assert.ThrowsAsync<ProtocolViolationException>(() => client.AskV2Async(server.Id, asker.Local.Addresses, Stop));
    }

    [Fact]
    public async Task AServerThatDialedAnotherKindOfAddress_IsNotBelieved()
    {
        NatPeer server = await Track(new(new TcpTransport())).ListenAsync("/ip4/127.0.0.1/tcp/0"), asker = await Track(new(new TcpTransport())).ListenAsync("/ip4/127.0.0.1/tcp/0");
        Multiaddress alive = asker.Local.Addresses[0], other = Multiaddress.Parse("/ip6/::1/tcp/1");
        server.Local.Handle(V2Message.RequestId, async (stream, _) =>
        {
            V2Message.Request request = Assert.IsType<V2Message.Request>(await HearAsync(stream));
            await using LocalPeer dialer = new(server.Identity, [new TcpTransport()], new(), TimeProvider.System, NullLoggerFactory.Instance);
            await dialer.ConnectAsync(alive, Stop);
            await using PeerStream back = await dialer.OpenStreamAsync(asker.Id, V2Message.DialBackId, Stop);
            LengthPrefixed.Write(back.Output, V2Message.EncodeDialBack(request.Nonce));
            await back.Output.FlushAsync(Stop);
            await LengthPrefixed.ReadAsync(back.Input, V2Message.MaxBytes, Stop);
            LengthPrefixed.Write(stream.Output, new V2Message.Response(V2Status.Ok, 0, V2DialStatus.Ok).Encode());
            await stream.Output.FlushAsync(Stop);
        });
        ProbeClient client = new(asker.Local, Timeout, TimeProvider.System);
        await asker.Local.ConnectAsync(server.Local.Addresses[0], Stop);
        await Assert.ThrowsAsync<ProtocolViolationException>(() => client.AskV2Async(server.Id, [other], Stop));
        Assert.Equal(ProbeOutcome.Reached, (await client.AskV2Async(server.Id, [alive], Stop)).Outcome);
    }

    [Fact]
    public async Task TheWatch_BelievesAfterEnoughServers_AndTells()
    {
        NatPeer asker = await Track(new(new TcpTransport())).ListenAsync("/ip4/127.0.0.1/tcp/0");
        ReachabilityWatch watch = new(asker.Local, new() { AsksAboutPrivate = true, NeededVotes = 3, PauseWhileUnknown = TimeSpan.FromMilliseconds(50) }, TimeProvider.System, NullLoggerFactory.Instance);
        TaskCompletionSource<Reachability> told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        watch.Changed += belief => told.TrySetResult(belief.Overall);
        for (int count = 0; count < 3; count++)
        {
            NatPeer server = await ServerAsync(new() { DialsPrivate = true });
            await asker.Local.ConnectAsync(server.Local.Addresses[0], Stop);
        }

        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task running = watch.RunAsync(end.Token);
        Assert.Equal(Reachability.Public, await told.Task.WaitAsync(Stop));
        Assert.Equal(Reachability.Public, watch.Reachability);
        await end.CancelAsync();
        await running;
    }

    // As where the system has no IPv6.
    private sealed class RoutelessTransport : ITransport
    {
        public bool Supports(Multiaddress address) => true;

        public Task<ITransportListener> ListenAsync(Multiaddress address, CancellationToken cancellationToken) => throw new ListenFailedException("not here");

        public Task<TransportConnection> DialAsync(Multiaddress address, CancellationToken cancellationToken) =>
            throw new DialFailedException($"{address} cannot be dialed.", new SocketException((int)SocketError.NetworkUnreachable));
    }

    private static async Task SendAsync(PeerStream stream, V2Message message)
    {
        LengthPrefixed.Write(stream.Output, message.Encode());
        await stream.Output.FlushAsync(Stop);
    }

    private static async Task<V2Message> HearAsync(PeerStream stream) =>
        V2Message.TryDecode(await LengthPrefixed.ReadAsync(stream.Input, V2Message.MaxBytes, Stop) ?? [], out V2Message? message) ? message : throw new ProtocolViolationException("none");

    // A port where nobody listens, of the same IP address.
    private static async Task<Multiaddress> DeadAsync()
    {
        await using ITransportListener listener = await new TcpTransport().ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), Stop);
        return listener.Addresses[0];
    }

    private async Task<NatPeer> ServerAsync(ProbeServerOptions options)
    {
        NatPeer server = await Track(new(new TcpTransport())).ListenAsync("/ip4/127.0.0.1/tcp/0"), dialer = Track(new(new TcpTransport()));
        _ = new ProbeServer(server.Local, dialer.Local, options, TimeProvider.System, NullLoggerFactory.Instance);
        return server;
    }

    private async Task<(NatPeer Server, NatPeer Asker, ProbeClient Client)> PairAsync(ProbeServerOptions options)
    {
        NatPeer server = await ServerAsync(options), asker = await Track(new(new TcpTransport())).ListenAsync("/ip4/127.0.0.1/tcp/0");
        ProbeClient client = new(asker.Local, Timeout, TimeProvider.System);
        await asker.Local.ConnectAsync(server.Local.Addresses[0], Stop);
        return (server, asker, client);
    }

    private NatPeer Track(NatPeer peer)
    {
        _peers.Add(peer);
        return peer;
    }
}
