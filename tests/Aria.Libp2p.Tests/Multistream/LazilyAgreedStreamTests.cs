using System.Buffers;
using System.IO.Pipelines;
using Aria.Libp2p.Multistream;
using Aria.Libp2p.Tests.Hostile;
using Aria.Libp2p.Yamux;

namespace Aria.Libp2p.Tests.Multistream;

public sealed class LazilyAgreedStreamTests
{
    private const string Known = "/test/known/1";

    private static readonly LocalPeerOptions Quiet = new() { KeepAliveInterval = Timeout.InfiniteTimeSpan };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task KnownProtocol_OpensWithoutAnAnswer_AndTheFirstBytesRideAlong()
    {
        await using PeerGroup group = new(overTcp: true, Quiet);
        (RawPeer remote, PeerStream stream) = await OpenAsync(group);
        await using RawPeer _ = remote;
        await stream.Output.WriteAsync("hello"u8.ToArray(), Stop);
        byte[] expected = [.. Lines(MultistreamMessage.Header, Known), .. "hello"u8];
        byte[] heard = [];
        uint id = 0;
        while (heard.Length < expected.Length)
        {
            (FrameHeader header, byte[] body) = await remote.ReceiveAsync(frame => frame.Type == FrameType.Data);
            heard = [.. heard, .. body];
            id = header.StreamId;
        }

        Assert.Equal(expected, heard);

        // The answer comes in the smallest pieces and is not the application's to see.
        foreach (byte one in (byte[])[.. Lines(MultistreamMessage.Header, Known), .. "yes"u8])
        {
            await remote.SendDataAsync(id, new[] { one });
        }

        ReadResult result = await stream.Input.ReadAtLeastAsync(3, Stop);
        Assert.Equal("yes"u8.ToArray(), result.Buffer.ToArray());
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task RefusalAfterAll_FailsTheFirstRead_AndResetsTheStream()
    {
        await using PeerGroup group = new(overTcp: true, Quiet);
        (RawPeer remote, PeerStream stream) = await OpenAsync(group);
        await using RawPeer _ = remote;
        (FrameHeader header, byte[] _) = await remote.ReceiveAsync(frame => frame.Type == FrameType.Data);
        Task<ReadResult> reading = stream.Input.ReadAsync(Stop).AsTask();
        await remote.SendDataAsync(header.StreamId, Lines(MultistreamMessage.Header, MultistreamMessage.NotAvailable));
        await Assert.ThrowsAsync<ProtocolNotSupportedException>(() => reading);
        await remote.ReceiveAsync(frame => frame.StreamId == header.StreamId && frame.Flags == FrameFlags.Rst);
    }

    [Fact]
    public async Task CancelledRead_ShowsNothingOfTheNegotiation()
    {
        await using PeerGroup group = new(overTcp: true, Quiet);
        (RawPeer remote, PeerStream stream) = await OpenAsync(group);
        await using RawPeer _ = remote;
        Task<ReadResult> reading = stream.Input.ReadAsync(Stop).AsTask();
        stream.Input.CancelPendingRead();
        ReadResult cancelled = await reading;
        Assert.True(cancelled.IsCanceled && cancelled.Buffer.IsEmpty);
        stream.Input.AdvanceTo(cancelled.Buffer.Start);
        (FrameHeader header, byte[] _) = await remote.ReceiveAsync(frame => frame.Type == FrameType.Data);
        await remote.SendDataAsync(header.StreamId, (byte[])[.. Lines(MultistreamMessage.Header, Known), 9]);
        Assert.Equal(9, (await stream.Input.ReadAsync(Stop)).Buffer.FirstSpan[0]);
    }

    private static async Task<(RawPeer Remote, PeerStream Stream)> OpenAsync(PeerGroup group)
    {
        LocalPeer local = await group.StartAsync();
        TaskCompletionSource identified = new(TaskCreationOptions.RunContinuationsAsynchronously);
        local.PeerIdentified += _ => identified.TrySetResult();
        RawPeer remote = await RawPeer.ConnectAsync(local.Addresses[0]);
        await remote.IdentifyAsync(Known);
        await identified.Task.WaitAsync(Stop);
        return (remote, await local.OpenStreamAsync(remote.Id, Known, Stop));
    }

    private static byte[] Lines(params string[] texts)
    {
        ArrayBufferWriter<byte> lines = new();
        Array.ForEach(texts, text => MultistreamMessage.Write(lines, text));
        return lines.WrittenSpan.ToArray();
    }
}
