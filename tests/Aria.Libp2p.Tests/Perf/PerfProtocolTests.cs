using Aria.Libp2p.Perf;

namespace Aria.Libp2p.Tests.Perf;

public sealed class PerfProtocolTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, 0, 64 * 1024)]
    [InlineData(0, 1, 64 * 1024)]
    [InlineData(3_000_001, 2_000_003, 4096)]
    public async Task BothHalves_TakeTheirBytesAndTheirTime(ulong upload, ulong download, int writeBytes)
    {
        await using PeerGroup group = new(overTcp: true);
        LocalPeer server = await group.StartAsync(), client = group.Create();
        server.Handle(PerfProtocol.Id, PerfProtocol.ServeAsync);
        await client.ConnectAsync(server.Addresses[0], Stop);
        PerfResult result = await PerfProtocol.MeasureAsync(client, server.Id, upload, download, TimeProvider.System, Stop, writeBytes);
        Assert.True(result.Upload > TimeSpan.Zero);
        Assert.True(result.Download >= TimeSpan.Zero);
    }

    [Fact]
    public async Task IsNotServed_WhereNobodyAskedForIt()
    {
        await using PeerGroup group = new();
        LocalPeer server = await group.StartAsync(), client = group.Create();
        await client.ConnectAsync(server.Addresses[0], Stop);
        await Assert.ThrowsAsync<ProtocolNotSupportedException>(() => PerfProtocol.MeasureAsync(client, server.Id, 1, 1, TimeProvider.System, Stop));
    }

    [Fact]
    public async Task ServerThatSendsAnotherNumberOfBytes_IsCaught()
    {
        await using PeerGroup group = new();
        LocalPeer server = await group.StartAsync(), client = group.Create();
        server.Handle(PerfProtocol.Id, async (stream, token) =>
        {
            await stream.Output.WriteAsync(new byte[9], token);
            await stream.Output.CompleteAsync();
        });
        await client.ConnectAsync(server.Addresses[0], Stop);
        await Assert.ThrowsAsync<ProtocolViolationException>(() => PerfProtocol.MeasureAsync(client, server.Id, 0, 10, TimeProvider.System, Stop));
    }

    [Fact]
    public async Task AskerThatEndsBeforeItSaysHowMuch_IsReset()
    {
        await using PeerGroup group = new();
        LocalPeer server = await group.StartAsync(), client = group.Create();
        server.Handle(PerfProtocol.Id, PerfProtocol.ServeAsync);
        await client.ConnectAsync(server.Addresses[0], Stop);
        await using PeerStream stream = await client.OpenStreamAsync(server.Id, PerfProtocol.Id, Stop);
        await stream.Output.WriteAsync(new byte[7], Stop);
        await stream.Output.CompleteAsync();
        await Assert.ThrowsAsync<StreamResetException>(async () => await stream.Input.ReadAsync(Stop));
    }
}
