using System.Text.Json;
using Aria.Libp2p.Nat.Circuits;
using Aria.Libp2p.Transports;
using Aria.Testing.Interop;

namespace Aria.Libp2p.Nat.Tests.Interop;

/// <summary>Circuit relay v2 with js-libp2p in every role, over TCP on the loopback interface.</summary>
public sealed class JsRelayTests
{
    private const int EchoBytes = 40_000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("js", "js", "here")]
    [InlineData("js", "here", "js")]
    [InlineData("js", "here", "here")]
    [InlineData("here", "js", "js")]
    [InlineData("here", "js", "here")]
    [InlineData("here", "here", "js")]
    [InlineData("here", "here", "here")]
    public async Task AnEcho_WithEveryPermutationOfRoles(string relayIs, string listenerIs, string dialerIs)
    {
        await using End relay = await End.StartAsync(relayIs == "js", "--relay-server");
        relay.Here?.Relays();
        await using End listener = relayIs == "js" || listenerIs == "js"
            ? await End.StartAsync(listenerIs == "js", "--circuits", "--listen", $"{relay.Address}/p2p-circuit")
            : await End.StartAsync(false);
        Multiaddress address = await listener.ListenThroughAsync(Multiaddress.Parse(relay.Address));
        Assert.Contains($"/p2p/{relay.Id}/p2p-circuit/p2p/{listener.Id}", address.ToString(), StringComparison.Ordinal);

        await using End dialer = await End.StartAsync(dialerIs == "js", "--circuits");
        Assert.True(await dialer.DialIsLimitedAsync(address));
        await dialer.EchoAsync(listener.Id);
    }

    [Fact]
    public async Task AJsRelayThatDies_TakesTheAddress()
    {
        JsPeer js = await JsPeer.StartAsync(Stop, "--relay-server");
        await using NatPeer listener = new(new TcpTransport());
        await listener.ListenThroughAsync(Multiaddress.Parse(js.Addresses[0]));
        Assert.Single(listener.Local.Addresses);
        await js.DisposeAsync();
        while (listener.Local.Addresses.Count > 0)
        {
            await Task.Delay(10, Stop);
        }
    }

    [Fact]
    public async Task Refusals_AreUnderstoodBothWays()
    {
        await using JsPeer js = await JsPeer.StartAsync(Stop, "--relay-server", "--circuits");
        await using NatPeer here = (await new NatPeer(new TcpTransport()).ListenAsync("/ip4/127.0.0.1/tcp/0")).Relays();
        PeerId nobody = PeerId.FromEd25519(new byte[32]);
        DialFailedException refusal = await Assert.ThrowsAsync<DialFailedException>(
            () => here.Local.ConnectAsync(Multiaddress.Parse($"{js.Addresses[0]}/p2p-circuit/p2p/{nobody}"), Stop));
        Assert.Contains("NoReservation (204)", refusal.Message, StringComparison.Ordinal);
        JsPeerException told = await Assert.ThrowsAsync<JsPeerException>(
            () => js.CallAsync("dial", new { addr = $"{here.Local.Addresses[0]}/p2p-circuit/p2p/{nobody}" }, Stop));
        Assert.Contains("NO_RESERVATION", told.Message, StringComparison.Ordinal);
    }

    /// <summary>One of the three, either here or in a js process.</summary>
    private sealed class End(NatPeer? here, JsPeer? js) : IAsyncDisposable
    {
        public NatPeer? Here => here;

        public string Id => here?.Id.ToString() ?? js!.PeerId;

        public string Address => here?.Local.Addresses[0].ToString() ?? js!.Addresses[0];

        public static async Task<End> StartAsync(bool isJs, params string[] arguments)
        {
            if (isJs)
            {
                return new(null, await JsPeer.StartAsync(Stop, arguments));
            }

            NatPeer here = new NatPeer(new TcpTransport()).Echoes();
            if (!arguments.Contains("--listen"))
            {
                await here.ListenAsync("/ip4/127.0.0.1/tcp/0");
            }

            return new(here, null);
        }

        /// <summary>The address that leads here through the relay.</summary>
        public async Task<Multiaddress> ListenThroughAsync(Multiaddress relay)
        {
            if (here is not null)
            {
                return await here.ListenThroughAsync(relay);
            }

            while (true)
            {
                JsonElement info = await js!.CallAsync("info", null, Stop);
                if (info.GetProperty("addrs").EnumerateArray().Select(one => one.GetString()!).FirstOrDefault(one => one.Contains("/p2p-circuit", StringComparison.Ordinal)) is { } address)
                {
                    return Multiaddress.Parse(address);
                }

                await Task.Delay(50, Stop);
            }
        }

        public async Task<bool> DialIsLimitedAsync(Multiaddress address)
        {
            if (here is not null)
            {
                return Assert.Single(here.Local.ConnectionsTo(await here.Local.ConnectAsync(address, Stop))).IsLimited;
            }

            return (await js!.CallAsync("dial", new { addr = address.ToString() }, Stop)).GetProperty("limited").GetBoolean();
        }

        public async Task EchoAsync(string peer)
        {
            if (here is not null)
            {
                byte[] sent = new byte[EchoBytes];
                new Random(3).NextBytes(sent);
                Assert.Equal(sent, await here.EchoAsync(PeerId.Parse(peer), sent));
                return;
            }

            Assert.True((await js!.CallAsync("echo", new { peer, size = EchoBytes }, Stop)).GetProperty("same").GetBoolean());
        }

        public ValueTask DisposeAsync() => here?.DisposeAsync() ?? js!.DisposeAsync();
    }
}
