using System.Buffers;
using System.IO.Pipelines;

namespace Aria.Libp2p.Tests;

public sealed class PeerStreamTests
{
    private static readonly PeerId Anna = PeerId.FromEd25519(new byte[32]);
    private static readonly PeerId Bert = PeerId.FromEd25519([1, .. new byte[31]]);
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private readonly PeerStream _a;
    private readonly PeerStream _b;

    public PeerStreamTests() => (_a, _b) = PeerStream.CreatePair(Anna, Bert, "/talk/1");

    [Fact]
    public void Ends_KnowEachOther()
    {
        Assert.Equal((Bert, Anna), (_a.RemotePeer, _b.RemotePeer));
        Assert.Equal(("/talk/1", "/talk/1"), (_a.Protocol, _b.Protocol));
    }

    [Fact]
    public async Task Bytes_ArriveInOrder_AndTheEndAfterThem()
    {
        await _a.Output.WriteAsync("one "u8.ToArray(), Stop);
        await _a.Output.WriteAsync("two"u8.ToArray(), Stop);
        await _a.DisposeAsync();
        ReadResult result = await _b.Input.ReadAtLeastAsync(8, Stop);
        Assert.Equal("one two"u8.ToArray(), result.Buffer.ToArray());
        Assert.True(result.IsCompleted);
    }

    [Fact]
    public async Task CompletedOutput_LeavesTheOtherDirectionOpen()
    {
        await _a.Output.CompleteAsync();
        await _b.Output.WriteAsync(new byte[] { 7 }, Stop);
        Assert.Equal(7, (await _a.Input.ReadAsync(Stop)).Buffer.FirstSpan[0]);
    }

    [Fact]
    public async Task Reset_FailsWaitingReads_AndLaterFlushesAtBothEnds()
    {
        Task<ReadResult> here = _a.Input.ReadAsync(Stop).AsTask();
        Task<ReadResult> there = _b.Input.ReadAsync(Stop).AsTask();
        _a.Reset();
        await Assert.ThrowsAsync<StreamResetException>(() => here);
        await Assert.ThrowsAsync<StreamResetException>(() => there);
        await Assert.ThrowsAsync<StreamResetException>(() => _a.Output.WriteAsync(new byte[1], Stop).AsTask());
        await Assert.ThrowsAsync<StreamResetException>(() => _b.Output.WriteAsync(new byte[1], Stop).AsTask());
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Fact]
    public async Task Flush_WaitsForTheReader_AndFailsWithAReset()
    {
        ValueTask<FlushResult> flush = _a.Output.WriteAsync(new byte[1 << 20], Stop);
        Assert.False(flush.IsCompleted);
        ReadResult result = await _b.Input.ReadAtLeastAsync(1 << 20, Stop);
        _b.Input.AdvanceTo(result.Buffer.End);
        Assert.False((await flush).IsCompleted);

        flush = _a.Output.WriteAsync(new byte[1 << 20], Stop);
        _b.Reset();
        await Assert.ThrowsAsync<StreamResetException>(() => flush.AsTask());
    }

    [Fact]
    public async Task OutputCompletedWithAnException_ResetsTheStream()
    {
        await _a.Output.CompleteAsync(new InvalidOperationException("handler failed"));
        await Assert.ThrowsAsync<StreamResetException>(() => _b.Input.ReadAsync(Stop).AsTask());
    }

    [Fact]
    public async Task CancelledRead_LeavesTheStreamUsable()
    {
        using CancellationTokenSource impatient = new();
        Task<ReadResult> reading = _b.Input.ReadAsync(impatient.Token).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await _a.Output.WriteAsync(new byte[] { 9 }, Stop);
        Assert.Equal(9, (await _b.Input.ReadAsync(Stop)).Buffer.FirstSpan[0]);
    }

    [Fact]
    public async Task ResetAfterTheClose_TakesNothingBack()
    {
        await _a.Output.WriteAsync(new byte[] { 5 }, Stop);
        await _a.DisposeAsync();
        _a.Reset();
        Assert.Equal(5, (await _b.Input.ReadAsync(Stop)).Buffer.FirstSpan[0]);
    }
}
