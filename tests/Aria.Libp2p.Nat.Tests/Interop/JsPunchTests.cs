using System.Text.Json;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.Nat.HolePunching;
using Aria.Libp2p.Nat.Tests.Namespaces;
using Aria.Testing.Interop;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.Nat.Tests.Interop;

/// <summary>
/// DCUtR with js-libp2p, in network namespaces because js takes only public addresses. js does not dial from its listening port, so that no NAT lets anybody in to it: a hole opens where this peer's NAT takes whatever
/// port the other comes from.
/// </summary>
public sealed class JsPunchTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AJsCaller_DialsWhereThisPeerTellsIt()
    {
        using TwoNats nats = TwoNats.Build();
        await using NatPeer relay = (await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.1/tcp/4000")).Relays();
        await using NatPeer listener = await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.2/tcp/4001");
        Multiaddress address = await listener.ListenThroughAsync(relay.Local.Addresses[0]);
        await using HolePuncher puncher = new(listener.Local, new(), TimeProvider.System, NullLoggerFactory.Instance);
        await using JsPeer js = await JsPeer.StartInAsync(nats.PublicName, Stop, "--no-listen", "--circuits", "--dcutr");
        PeerId caller = PeerId.Parse(js.PeerId);
        TaskCompletionSource direct = new(TaskCreationOptions.RunContinuationsAsynchronously);
        listener.Local.PeerIdentified += peer =>
        {
            if (peer.Id == caller && listener.Local.ConnectionsTo(caller).Any(one => !one.RemoteAddress.IsRelayed))
            {
                direct.TrySetResult();
            }
        };
        await js.CallAsync("dial", new { addr = address.ToString() }, Stop);
        await direct.Task.WaitAsync(TimeSpan.FromMinutes(4), Stop);
    }

    [Fact]
    public async Task AJsCallerBehindANat_ComesThroughTheHole_ThatThisPeerMadeInItsOwn()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("ARIA_JS_HOLE") is not null, "on demand, with ARIA_JS_HOLE=1: on a busy machine js may miss the moment for minutes");
        using TwoNats nats = TwoNats.Build(firstAdmitsHostsThatWereDialed: true);
        await using NatPeer relay = (await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.1/tcp/4000")).Relays(new() { MaxCircuitTime = TimeSpan.FromHours(1) });
        await using NatPeer hidden = (await new NatPeer(new NamespaceTransport(nats.Hidden[0])).ListenAsync("/ip4/10.1.0.2/tcp/4001")).Echoes(onLimited: false);
        Multiaddress address = await hidden.ListenThroughAsync(relay.Local.Addresses[0]);
        await using JsPeer js = await JsPeer.StartInAsync(
            nats.HiddenName(1), Stop, "--listen", "/ip4/10.2.0.2/tcp/4002", "--announce", "/ip4/44.51.100.12/tcp/4002", "--circuits", "--dcutr");
        PeerId caller = PeerId.Parse(js.PeerId);

        // The NATs are NATs, of both.
        await Assert.ThrowsAsync<JsPeerException>(() => js.CallAsync("dial", new { addr = $"/ip4/44.51.100.11/tcp/4001/p2p/{hidden.Id}" }, Stop));
        await using (NatPeer stranger = new(new NamespaceTransport(nats.Public), new() { DialTimeout = TimeSpan.FromSeconds(1) }))
        {
            await Assert.ThrowsAsync<DialFailedException>(() => stranger.Local.ConnectAsync(Multiaddress.Parse($"/ip4/44.51.100.12/tcp/4002/p2p/{caller}"), Stop));
        }

        HolePunchOptions options = new() { MessageTimeout = TimeSpan.FromSeconds(30), Attempts = 100 };      // js may be slow on a busy machine
        await using HolePuncher puncher = new(hidden.Local, options, TimeProvider.System, NullLoggerFactory.Instance);
        TaskCompletionSource<(PeerId, int)> succeeded = new(TaskCreationOptions.RunContinuationsAsynchronously);
        puncher.Succeeded += (peer, attempts) => succeeded.TrySetResult((peer, attempts));
        await js.CallAsync("dial", new { addr = address.ToString() }, Stop);
        (PeerId met, int attempts) = await succeeded.Task.WaitAsync(TimeSpan.FromMinutes(10), Stop);
        Assert.Equal(caller, met);
        Assert.InRange(attempts, 1, options.Attempts);
        Assert.Contains(hidden.Local.ConnectionsTo(caller), one => one is { IsOutbound: false, IsLimited: false } && one.RemoteAddress.ToString().StartsWith("/ip4/44.51.100.12/tcp/", StringComparison.Ordinal));
        await using PeerStream stream = await hidden.Local.OpenStreamAsync(caller, JsPeer.EchoProtocol, Stop);
        Assert.False(stream.RemoteAddress!.IsRelayed);
        Assert.Equal([1, 2, 3], await NatPeer.EchoAsync(stream, [1, 2, 3]));
    }

    [Fact]
    public async Task AJsListener_SaysConnectAndSync()
    {
        using TwoNats nats = TwoNats.Build();
        await using NatPeer relay = (await new NatPeer(new NamespaceTransport(nats.Public)).ListenAsync("/ip4/44.51.100.1/tcp/4000")).Relays();
        await using NatPeer caller = new(new NamespaceTransport(nats.Public));
        TaskCompletionSource<PunchMessage[]> said = new(TaskCreationOptions.RunContinuationsAsynchronously);
        caller.Local.Handle(PunchMessage.Id, async (stream, cancellationToken) =>
        {
            PunchMessage connect = await HearAsync(stream, cancellationToken);
            LengthPrefixed.Write(stream.Output, new PunchMessage(PunchType.Connect, [Multiaddress.Parse("/ip4/44.51.100.3/tcp/9")]).Encode());
            await stream.Output.FlushAsync(cancellationToken);
            said.TrySetResult([connect, await HearAsync(stream, cancellationToken)]);
        }, runsOnLimitedConnections: true);
        await using JsPeer js = await JsPeer.StartInAsync(nats.PublicName, Stop, "--listen", $"{relay.Local.Addresses[0]}/p2p-circuit", "--circuits", "--dcutr");
        string? address = null;
        while (address is null)
        {
            JsonElement info = await js.CallAsync("info", null, Stop);
            address = info.GetProperty("addrs").EnumerateArray().Select(one => one.GetString()!).FirstOrDefault(one => one.Contains("/p2p-circuit", StringComparison.Ordinal));
            await Task.Delay(50, Stop);
        }

        await caller.Local.ConnectAsync(Multiaddress.Parse(address), Stop);
        PunchMessage[] messages = await said.Task.WaitAsync(TimeSpan.FromMinutes(4), Stop);
        Assert.Equal([PunchType.Connect, PunchType.Sync], messages.Select(message => message.Type));
    }

    private static async Task<PunchMessage> HearAsync(PeerStream stream, CancellationToken cancellationToken) =>
        PunchMessage.TryDecode(await LengthPrefixed.ReadAsync(stream.Input, PunchMessage.MaxBytes, cancellationToken) ?? [], out PunchMessage? message)
            ? message : throw new ProtocolViolationException("no message");
}
