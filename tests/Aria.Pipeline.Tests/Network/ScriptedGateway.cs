using System.Buffers.Binary;
using Aria.Libp2p;
using Aria.Pipeline.Control;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Streams;

namespace Aria.Pipeline.Tests.Network;

/// <summary>A gateway, or any peer, that says to a stage what the test tells it.</summary>
internal sealed class ScriptedGateway(TestNode node)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A control stream without a message yet.</summary>
    public async Task<PeerStream> DialAsync(TestNode stage, string protocol = PipelineProtocols.Stage)
    {
        node.Peer.AddAddresses(stage.Peer.Id, stage.Peer.Addresses);
        return await node.Peer.OpenStreamAsync(stage.Peer.Id, protocol, Token);
    }

    /// <summary>A control stream and the answer to its <c>open</c>.</summary>
    public async Task<(ControlStream Control, ControlMessage? Answer)> OpenAsync(
        TestNode stage, ReadOnlyMemory<byte> plan, TestNode successor, int index = 0, Digest? key = null)
    {
        ControlStream control = new(await DialAsync(stage), TimeProvider.System);
        ReadOnlyMemory<byte>[] addresses = [.. successor.Peer.Addresses.Select(address => (ReadOnlyMemory<byte>)address.Bytes.ToArray())];
        await control.TrySendAsync(new ControlMessage.Open(plan, (key ?? TestPlan.Key).ToArray(), index, addresses));
        return (control, await control.ReadAsync().WaitAsync(Token));
    }

    /// <summary>A data stream with its <c>begin</c>.</summary>
    public async Task<PeerStream> BeginAsync(TestNode stage, SessionKey session)
    {
        PeerStream stream = await DialAsync(stage, PipelineProtocols.Activation);
        await FrameWriter.WriteAsync(stream.Output, ActivationFrame.Begin(session), Token);
        return stream;
    }

    public static ActivationFrame Tokens(SessionKey session, int position, params ReadOnlySpan<uint> tokens)
    {
        byte[] body = new byte[4 * tokens.Length];
        for (int i = 0; i < tokens.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(4 * i), tokens[i]);
        }

        return new(FrameKind.Tokens, session, 0, position, tokens.Length, body);
    }
}
