using Aria.Libp2p.Nat.Probing;
using Aria.Libp2p.Nat.Tests.Namespaces;
using Aria.Testing.Interop;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.Nat.Tests.Interop;

/// <summary>AutoNAT with js-libp2p, which dials public addresses alone: in network namespaces.</summary>
public sealed class JsProbeTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // A js server of version 1 dials nobody who is connected: it takes the newest connection to the peer for its dial, compares its address with the one it was asked about, and closes it before it answers. So the
    // one who is asked about comes by a second connection, from the port it listens on: what is seen here is that both sides say the same.
    [Fact]
    public async Task AJsServerOfVersion1_IsUnderstood()
    {
        using TwoNats nats = TwoNats.Build();
        await using JsPeer js = await JsPeer.StartInAsync(nats.PublicName, Stop, "--listen", "/ip4/44.51.100.1/tcp/4000", "--autonat");
        Multiaddress server = Multiaddress.Parse($"/ip4/44.51.100.1/tcp/4000/p2p/{js.PeerId}");
        await using NatPeer asker = await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.2/tcp/4002");
        await asker.Local.ConnectAsync(server, Stop);
        await using NatPeer listener = await new NatPeer(new NamespaceTransport(nats.Public), identity: asker.Identity).ListenAsync("/ip4/44.51.100.2/tcp/4001");
        ProbeClient client = new(asker.Local, TimeSpan.FromMinutes(2), TimeProvider.System);
        await listener.Local.ConnectAsync(server, Stop);
        Multiaddress listened = Multiaddress.Parse("/ip4/44.51.100.2/tcp/4001"), dead = Multiaddress.Parse("/ip4/44.51.100.2/tcp/4009");
        Assert.Equal(new(ProbeOutcome.Unknown, null), await AskAsync("/ip4/44.51.100.3/tcp/4001"));      // another host's: refused
        Assert.Equal(new(ProbeOutcome.Reached, listened), await AskAsync("/ip4/44.51.100.2/tcp/4001"));
        Assert.Equal(new(ProbeOutcome.NotReached, dead), await AskAsync("/ip4/44.51.100.2/tcp/4009"));

        async Task<ProbeAnswer> AskAsync(string address)
        {
            await listener.Local.ConnectAsync(server, Stop);
            while ((await js.CallAsync("connections", new { peer = asker.Id.ToString() }, Stop)).GetProperty("connections").GetArrayLength() < 2)
            {
                await Task.Delay(20, Stop);
            }

            Multiaddress[] asked = [Multiaddress.Parse(address)];
            return await client.AskV1Async(PeerId.Parse(js.PeerId), asked, Stop);
        }
    }

    [Fact]
    public async Task AJsServer_TellsWhoIsBehindANat()
    {
        using TwoNats nats = TwoNats.Build();
        await using JsPeer js = await JsPeer.StartInAsync(nats.PublicName, Stop, "--listen", "/ip4/44.51.100.1/tcp/4000", "--autonat-v2");
        await using NatPeer open = await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.2/tcp/4001");
        Assert.Equal(ProbeOutcome.Reached, (await AskAsync(open, "/ip4/44.51.100.2/tcp/4001")).Outcome);

        // Another IP address than the one that js sees: it asks for the dial data first.
        await open.ListenAsync("/ip4/44.51.100.3/tcp/4001");
        Assert.Equal(ProbeOutcome.Reached, (await AskAsync(open, "/ip4/44.51.100.3/tcp/4001")).Outcome);
        await using NatPeer hidden = await new NatPeer(new NamespaceTransport(nats.Hidden[0])).ListenAsync("/ip4/10.1.0.2/tcp/4001");
        Assert.NotEqual(ProbeOutcome.Reached, (await AskAsync(hidden, "/ip4/44.51.100.11/tcp/4009")).Outcome);

        async Task<ProbeAnswer> AskAsync(NatPeer asker, string address)
        {
            await asker.Local.ConnectAsync(Multiaddress.Parse($"/ip4/44.51.100.1/tcp/4000/p2p/{js.PeerId}"), Stop);       // js tells no address that nobody confirmed
            ProbeClient client = new(asker.Local, TimeSpan.FromMinutes(2), TimeProvider.System);
            Multiaddress[] asked = [Multiaddress.Parse(address)];
            return await client.AskV2Async(PeerId.Parse(js.PeerId), asked, Stop);
        }
    }

    [Theory]
    [InlineData("--autonat", "44.51.100.1")]
    [InlineData("--autonat-v2", "44.51.100.1")]
    [InlineData("--autonat-v2", "44.51.100.3")]     // it dials from .1, so it pays the dial data for this one
    public async Task AJsClient_IsDialedBack(string service, string listensAt)
    {
        using TwoNats nats = TwoNats.Build();
        await using NatPeer server = await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.2/tcp/4000"), dialer = new(new NamespaceTransport(nats.Public));
        _ = new ProbeServer(server.Local, dialer.Local, new(), TimeProvider.System, NullLoggerFactory.Instance);
        TaskCompletionSource<PeerId> dialed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        dialer.Local.PeerConnected += peer => dialed.TrySetResult(peer);
        await using JsPeer js = await JsPeer.StartInAsync(nats.PublicName, Stop, "--listen", $"/ip4/{listensAt}/tcp/4001", service);
        await js.CallAsync("dial", new { addr = server.Local.Addresses[0].ToString() }, Stop);
        Assert.Equal(js.PeerId, (await dialed.Task.WaitAsync(TimeSpan.FromMinutes(2), Stop)).ToString());
    }
}
