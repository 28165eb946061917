using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Aria.Libp2p.Perf;
using Aria.Testing.Interop;

namespace Aria.Libp2p.Tests.Interop;

/// <summary>Against js-libp2p over TCP, in both directions of dialing.</summary>
public sealed class JsInteropTests
{
    private const int EchoBytes = 10_000_000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ping_BothWays(bool jsDials)
    {
        await using JsPeer js = await JsPeer.StartAsync(Stop);
        await using PeerGroup group = new(overTcp: true);
        (LocalPeer local, PeerId remote) = await ConnectAsync(group, js, jsDials);
        Assert.True(await local.PingAsync(remote, Stop) > TimeSpan.Zero);
        JsonElement pong = await js.CallAsync("ping", new { peer = local.Id.ToString() }, Stop);
        Assert.True(pong.GetProperty("ms").GetDouble() >= 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Identify_BothWays_AndAPushOfANewProtocol(bool jsDials)
    {
        await using JsPeer js = await JsPeer.StartAsync(Stop);
        await using PeerGroup group = new(overTcp: true, new() { AgentVersion = "interop/1" });
        LocalPeer local = await group.StartAsync();
        TaskCompletionSource<IdentifiedPeer> identified = new(TaskCreationOptions.RunContinuationsAsynchronously);
        local.PeerIdentified += peer => identified.TrySetResult(peer);
        PeerId remote = await ConnectAsync(local, js, jsDials);

        IdentifiedPeer seenHere = await identified.Task.WaitAsync(Stop);
        Assert.Equal(remote, seenHere.Id);
        Assert.StartsWith("js-libp2p/", seenHere.AgentVersion, StringComparison.Ordinal);
        Assert.Contains("/ipfs/ping/1.0.0", seenHere.Protocols);
        Assert.Contains(JsPeer.EchoProtocol, seenHere.Protocols);
        Assert.Equal(js.Addresses, seenHere.ListenAddresses.Select(address => address.ToString()));
        Assert.NotNull(seenHere.ObservedAddress);

        JsonElement seenThere = await js.WaitForAsync("identify", told => told.GetProperty("peer").GetString() == local.Id.ToString(), Stop);
        Assert.Equal("interop/1", seenThere.GetProperty("agent").GetString());
        Assert.True(seenThere.GetProperty("signed").GetBoolean());
        Assert.Equal(local.Addresses.Select(address => address.WithoutPeer().ToString()), seenThere.GetProperty("listen").EnumerateArray().Select(one => one.GetString()!));

        local.Handle("/interop/new/1", LocalPeerTests.EchoAsync);
        await js.WaitForAsync("update", told => told.GetProperty("protocols").EnumerateArray().Any(one => one.GetString() == "/interop/new/1"), Stop);
    }

    [Theory]
    [InlineData("rsa", true)]
    [InlineData("rsa", false)]
    [InlineData("secp256k1", true)]
    [InlineData("secp256k1", false)]
    public async Task APeerWithAnotherKindOfKey_IsAuthenticatedAndIdentified(string kind, bool jsDials)
    {
        JsonElement key = Vectors.Section("keys").EnumerateArray().First(one => one.GetProperty("kind").GetString() == kind);
        await using JsPeer js = await JsPeer.StartAsync(Stop, "--private-key", key.GetProperty("private").GetString()!);
        await using PeerGroup group = new(overTcp: true);
        LocalPeer local = await group.StartAsync();
        TaskCompletionSource<IdentifiedPeer> identified = new(TaskCreationOptions.RunContinuationsAsynchronously);
        local.PeerIdentified += peer => identified.TrySetResult(peer);
        PeerId remote = await ConnectAsync(local, js, jsDials);
        Assert.Equal(key.GetProperty("peerId").GetString(), remote.ToString());
        IdentifiedPeer told = await identified.Task.WaitAsync(Stop);
        Assert.Equal(remote, told.Id);
        Assert.True(PeerRecord.TryOpen(told.SignedRecord.Span, out PeerRecord? record));
        Assert.Equal(remote, record.Peer);
        Assert.True(await local.PingAsync(remote, Stop) > TimeSpan.Zero);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EchoOfTenMegabytes_FromHere(bool jsDials)
    {
        await using JsPeer js = await JsPeer.StartAsync(Stop);
        await using PeerGroup group = new(overTcp: true);
        (LocalPeer local, PeerId remote) = await ConnectAsync(group, js, jsDials);
        await using PeerStream stream = await local.OpenStreamAsync(remote, JsPeer.EchoProtocol, Stop);
        byte[] sent = new byte[EchoBytes];
        new Random(2).NextBytes(sent);
        Task writing = Task.Run(async () =>
        {
            await stream.Output.WriteAsync(sent, Stop);
            await stream.Output.CompleteAsync();
        }, Stop);
        ArrayBufferWriter<byte> received = new();
        await stream.Input.CopyToAsync(PipeWriter.Create(received.AsStream()), Stop);
        await writing;
        Assert.True(received.WrittenSpan.SequenceEqual(sent));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EchoOfTenMegabytes_FromThere(bool jsDials)
    {
        await using JsPeer js = await JsPeer.StartAsync(Stop);
        await using PeerGroup group = new(overTcp: true);
        (LocalPeer local, _) = await ConnectAsync(group, js, jsDials, local => local.Handle(JsPeer.EchoProtocol, LocalPeerTests.EchoAsync));
        JsonElement echo = await js.CallAsync("echo", new { peer = local.Id.ToString(), size = EchoBytes }, Stop);
        Assert.Equal(EchoBytes, echo.GetProperty("bytes").GetInt32());
        Assert.True(echo.GetProperty("same").GetBoolean());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Perf_BothWays(bool jsDials)
    {
        const ulong Upload = 3_000_001, Download = 2_000_003;
        await using JsPeer js = await JsPeer.StartAsync(Stop);
        await using PeerGroup group = new(overTcp: true);
        (LocalPeer local, PeerId remote) = await ConnectAsync(group, js, jsDials, local => local.Handle(PerfProtocol.Id, PerfProtocol.ServeAsync));
        await PerfProtocol.MeasureAsync(local, remote, Upload, Download, TimeProvider.System, Stop);
        JsonElement told = await js.CallAsync("perf", new { peer = local.Id.ToString(), upload = Upload, download = Download }, Stop);
        Assert.Equal(Download, told.GetProperty("came").GetUInt64());
    }

    [Fact]
    public async Task UnknownProtocol_IsRefusedBothWays_AndTheConnectionLives()
    {
        await using JsPeer js = await JsPeer.StartAsync(Stop);
        await using PeerGroup group = new(overTcp: true);
        (LocalPeer local, PeerId remote) = await ConnectAsync(group, js, jsDials: false);
        await Assert.ThrowsAsync<ProtocolNotSupportedException>(() => local.OpenStreamAsync(remote, "/nobody/speaks/this", Stop));
        JsPeerException refusal = await Assert.ThrowsAsync<JsPeerException>(
            () => js.CallAsync("open", new { peer = local.Id.ToString(), protocol = "/nobody/speaks/this" }, Stop));
        Assert.Contains("UnsupportedProtocol", refusal.Message, StringComparison.Ordinal);
        Assert.True(await local.PingAsync(remote, Stop) > TimeSpan.Zero);
    }

    [Fact]
    public async Task WrongPeerAtTheAddress_IsRefusedBothWays()
    {
        await using JsPeer js = await JsPeer.StartAsync(Stop);
        await using PeerGroup group = new(overTcp: true);
        LocalPeer local = await group.StartAsync();
        PeerId other = group.Create().Id;
        await Assert.ThrowsAsync<PeerMismatchException>(() => local.ConnectAsync(Multiaddress.Parse(js.Addresses[0]).WithPeer(other), Stop));
        await Assert.ThrowsAsync<JsPeerException>(() => js.CallAsync("dial", new { addr = local.Addresses[0].WithPeer(other).ToString() }, Stop));
    }

    [Fact]
    public async Task EndOfTheProcess_AmidATransfer_FailsTheStream()
    {
        JsPeer js = await JsPeer.StartAsync(Stop);
        await using PeerGroup group = new(overTcp: true);
        (LocalPeer local, PeerId remote) = await ConnectAsync(group, js, jsDials: false);
        TaskCompletionSource<PeerId> left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        local.PeerDisconnected += left.SetResult;
        await using PeerStream stream = await local.OpenStreamAsync(remote, JsPeer.EchoProtocol, Stop);
        await stream.Output.WriteAsync(new byte[1000], Stop);
        ReadResult result = await stream.Input.ReadAtLeastAsync(1000, Stop);
        stream.Input.AdvanceTo(result.Buffer.End);
        await js.DisposeAsync();
        await Assert.ThrowsAnyAsync<Libp2pException>(async () =>
        {
            while (await stream.Input.ReadAsync(Stop) is { IsCompleted: false } more)
            {
                stream.Input.AdvanceTo(more.Buffer.End);
            }

            await stream.Output.WriteAsync(new byte[1_000_000], Stop);
        });
        Assert.Equal(remote, await left.Task.WaitAsync(Stop));
        await Assert.ThrowsAsync<DialFailedException>(() => local.OpenStreamAsync(remote, JsPeer.EchoProtocol, Stop));
    }

    [Fact]
    public async Task JsPeerRestartedAmidATransfer_FailsTheStream_AndIsReachedAgain()
    {
        string seed = Convert.ToHexString(new byte[32]);
        JsPeer js = await JsPeer.StartAsync(Stop, "--seed", seed, "--listen", $"/ip4/{OwnHost(1)}/tcp/0");
        string address = js.Addresses[0];
        await using PeerGroup group = new(overTcp: true);
        (LocalPeer local, PeerId remote) = await ConnectAsync(group, js, jsDials: false);
        TaskCompletionSource left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        local.PeerDisconnected += _ => left.TrySetResult();
        await using PeerStream stream = await local.OpenStreamAsync(remote, JsPeer.EchoProtocol, Stop);
        Task transfer = TransferUntilItFailsAsync(stream);
        await js.CallAsync("info", null, Stop);     // alive, amid the transfer
        await js.DisposeAsync();
        await Assert.ThrowsAnyAsync<Libp2pException>(() => transfer);
        await left.Task.WaitAsync(Stop);

        await using JsPeer again = await JsPeer.StartAsync(Stop, "--seed", seed, "--listen", Multiaddress.Parse(address).WithoutPeer().ToString());
        Assert.Equal(address, again.Addresses[0]);
        await local.ConnectAsync(Multiaddress.Parse(address), Stop);
        await using PeerStream second = await local.OpenStreamAsync(remote, JsPeer.EchoProtocol, Stop);
        await second.Output.WriteAsync(new byte[1000], Stop);
        Assert.Equal(1000, (await second.Input.ReadAtLeastAsync(1000, Stop)).Buffer.Length);
    }

    [Fact]
    public async Task LocalPeerRestartedAmidATransfer_FailsTheJsStream_AndIsReachedAgain()
    {
        await using JsPeer js = await JsPeer.StartAsync(Stop);
        await using PeerGroup group = new(overTcp: true);
        using Identity identity = Identity.Generate();
        TaskCompletionSource transferring = new(TaskCreationOptions.RunContinuationsAsynchronously);
        LocalPeer first = group.Create(identity: identity);
        first.Handle(JsPeer.EchoProtocol, async (stream, token) =>
        {
            stream.Input.AdvanceTo((await stream.Input.ReadAsync(token)).Buffer.End);
            transferring.TrySetResult();
            await LocalPeerTests.EchoAsync(stream, token);
        });
        Multiaddress address = await first.ListenAsync(Multiaddress.Parse($"/ip4/{OwnHost(2)}/tcp/0"), Stop);
        await ConnectAsync(first, js, jsDials: true);
        Task<JsonElement> echo = js.CallAsync("echo", new { peer = identity.PeerId.ToString(), size = 50_000_000 }, Stop);
        await transferring.Task.WaitAsync(Stop);
        await first.DisposeAsync();
        await js.WaitForAsync("disconnect", told => told.GetProperty("peer").GetString() == identity.PeerId.ToString(), Stop);
        Assert.True(await Record.ExceptionAsync(() => echo) is JsPeerException || !(await echo).GetProperty("same").GetBoolean());

        LocalPeer second = group.Create(identity: identity);
        second.Handle(JsPeer.EchoProtocol, LocalPeerTests.EchoAsync);
        await second.ListenAsync(address.WithoutPeer(), Stop);
        await ConnectAsync(second, js, jsDials: true);
        JsonElement again = await js.CallAsync("echo", new { peer = identity.PeerId.ToString(), size = EchoBytes }, Stop);
        Assert.True(again.GetProperty("same").GetBoolean());
    }

    [Fact]
    public async Task HangUp_IsSeenAtTheOtherEnd()
    {
        await using JsPeer js = await JsPeer.StartAsync(Stop);
        await using PeerGroup group = new(overTcp: true);
        (LocalPeer local, PeerId remote) = await ConnectAsync(group, js, jsDials: false);
        TaskCompletionSource<PeerId> left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        local.PeerDisconnected += left.SetResult;
        await js.CallAsync("hangup", new { peer = local.Id.ToString() }, Stop);
        Assert.Equal(remote, await left.Task.WaitAsync(Stop));

        await local.ConnectAsync(Multiaddress.Parse(js.Addresses[0]), Stop);
        await local.DisconnectAsync(remote);
        await js.WaitForAsync("disconnect", told => told.GetProperty("peer").GetString() == local.Id.ToString(), Stop);
    }

    // Nobody else takes a port of it between an end and the start that follows; macOS gives its loopback interface one address alone.
    private static string OwnHost(int number) => OperatingSystem.IsMacOS() ? "127.0.0.1" : $"127.0.7.{number}";

    // Writes without an end and reads what comes back.
    private static async Task TransferUntilItFailsAsync(PeerStream stream)
    {
        Task writing = Task.Run(async () =>
        {
            while (true)
            {
                await stream.Output.WriteAsync(new byte[100_000], Stop);
            }
        }, Stop);
        Task reading = Task.Run(async () =>
        {
            while (await stream.Input.ReadAsync(Stop) is { IsCompleted: false } result)
            {
                stream.Input.AdvanceTo(result.Buffer.End);
            }
        }, Stop);
        await Task.WhenAll(writing, reading);
    }

    private static async Task<(LocalPeer Local, PeerId Remote)> ConnectAsync(PeerGroup group, JsPeer js, bool jsDials, Action<LocalPeer>? prepare = null)
    {
        LocalPeer local = await group.StartAsync();
        prepare?.Invoke(local);
        return (local, await ConnectAsync(local, js, jsDials));
    }

    private static async Task<PeerId> ConnectAsync(LocalPeer local, JsPeer js, bool jsDials)
    {
        if (!jsDials)
        {
            return await local.ConnectAsync(Multiaddress.Parse(js.Addresses[0]), Stop);
        }

        // The dialer is done one message before the listener is.
        TaskCompletionSource connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
        local.PeerConnected += _ => connected.TrySetResult();
        JsonElement dialed = await js.CallAsync("dial", new { addr = local.Addresses[0].ToString() }, Stop);
        Assert.Equal(("/noise", "/yamux/1.0.0"), (dialed.GetProperty("encryption").GetString(), dialed.GetProperty("muxer").GetString()));
        await connected.Task.WaitAsync(Stop);
        return PeerId.Parse(js.PeerId);
    }
}
