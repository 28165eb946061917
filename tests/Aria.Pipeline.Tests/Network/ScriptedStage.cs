using System.Threading.Channels;
using Aria.Libp2p;
using Aria.Libp2p.Transports;
using Aria.Pipeline.Control;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Streams;
using Aria.Provenance.Plans;
using Aria.Provenance.Signatures;

namespace Aria.Pipeline.Tests.Network;

/// <summary>A stage that does what the test tells it, message by message: it speaks the protocol and computes nothing.</summary>
internal sealed class ScriptedStage : IAsyncDisposable
{
    private readonly Channel<ControlStream> _controls = Channel.CreateUnbounded<ControlStream>();
    private readonly Channel<PeerStream> _inputs = Channel.CreateUnbounded<PeerStream>();
    private readonly TaskCompletionSource _over = new();
    private readonly List<IAsyncDisposable> _held = [];

    private ScriptedStage(TestNode node)
    {
        Node = node;
        node.Peer.Handle(PipelineProtocols.Stage, async (stream, stop) =>
        {
            await _controls.Writer.WriteAsync(new(stream, TimeProvider.System), stop);
            await _over.Task.WaitAsync(stop);
        });
        node.Peer.Handle(PipelineProtocols.Activation, async (stream, stop) =>
        {
            await _inputs.Writer.WriteAsync(stream, stop);
            await _over.Task.WaitAsync(stop);
        });
    }

    public TestNode Node { get; }

    public NodeId Id => Node.Id;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ScriptedStage> StartAsync(MemoryNetwork network, byte seed) => new(await TestNode.StartAsync(network, seed));

    /// <summary>The next control stream with its <c>open</c>.</summary>
    public async Task<(ControlStream Control, ControlMessage.Open Open)> OpenedAsync()
    {
        ControlStream control = await _controls.Reader.ReadAsync(Token);
        _held.Add(control);
        return (control, Assert.IsType<ControlMessage.Open>(await control.ReadAsync().WaitAsync(Token)));
    }

    /// <summary>Accepts the next plan.</summary>
    public async Task<ControlStream> AcceptAsync()
    {
        (ControlStream control, ControlMessage.Open open) = await OpenedAsync();
        Assert.Equal(OpenStatus.Done, Signed.TryOpen(open.SignedPlan.ToArray(), out Signed<JobPlan>? plan));
        Assert.True(await control.TrySendAsync(new ControlMessage.Accepted(PlanAcceptance.Sign(Node.Key, plan!.PayloadDigest, open.Index))));
        return control;
    }

    /// <summary>The next data stream, after its <c>begin</c>.</summary>
    public async Task<(PeerStream Stream, FrameReader Frames, SessionKey Session)> BegunAsync()
    {
        PeerStream stream = await _inputs.Reader.ReadAsync(Token);
        FrameReader frames = new(stream.Input);
        ActivationFrame begin = await NextAsync(frames);
        Assert.Equal(FrameKind.Begin, begin.Kind);
        return (stream, frames, begin.To);
    }

    /// <summary>The next frame.</summary>
    public static async Task<ActivationFrame> NextAsync(FrameReader frames)
    {
        ReadOnlyMemory<byte>? bytes = await frames.ReadAsync(ActivationFrame.MaxFrameBytes, Token);
        Assert.NotNull(bytes);
        Assert.Equal(System.Buffers.OperationStatus.Done, ActivationFrame.TryDecode(bytes.Value.ToArray(), out ActivationFrame frame));
        return frame;
    }

    /// <summary>A data stream of this stage's to a receiver, with its <c>begin</c>.</summary>
    public async Task<PeerStream> BeginAsync(TestNode receiver, SessionKey session)
    {
        Node.Peer.AddAddresses(receiver.Peer.Id, receiver.Peer.Addresses);
        PeerStream stream = await Node.Peer.OpenStreamAsync(receiver.Peer.Id, PipelineProtocols.Activation, Token);
        await FrameWriter.WriteAsync(stream.Output, ActivationFrame.Begin(session), Token);
        return stream;
    }

    public async ValueTask DisposeAsync()
    {
        _over.TrySetResult();
        foreach (IAsyncDisposable held in _held)
        {
            await held.DisposeAsync();
        }

        await Node.DisposeAsync();
    }
}
