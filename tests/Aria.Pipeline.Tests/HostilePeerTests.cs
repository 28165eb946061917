using Aria.Libp2p;
using Aria.Pipeline.Control;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Tests.Network;
using Aria.Provenance.Plans;
using Aria.Provenance.Signatures;
using Aria.Testing;
using Aria.Wire.Framing;

namespace Aria.Pipeline.Tests;

/// <summary>Peers that send whatever: the stage answers, resets or faults, and goes on serving others.</summary>
public sealed class HostilePeerTests
{
    private const int Rounds = 150;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BrokenBytes_OnEitherProtocol_HarmNoOther()
    {
        Random random = TestSeed.Random();
        StageSpan[] spans = TinyModel.Split(2);
        await using Swarm swarm = await Swarm.StartAsync(spans);
        await using TestNode hostile = await TestNode.StartAsync(swarm.Network, 99);
        ScriptedGateway hand = new(hostile);
        await using PipelineSession session = await swarm.OpenAsync(swarm.Plan([.. swarm.Nodes.Zip(spans)]));
        Task<Generation> generating = Swarm.GenerateAsync(session);
        Signed<JobPlan> own = TestPlan.Of(
            hostile, TinyModel.File.Id, [(swarm.Nodes[0].Id, spans[0]), (hostile.Id, spans[1])], TinyModel.Prompt).Seal(hostile);
        byte[] open = ControlCodec.Encode(new ControlMessage.Open(own.Bytes, TestPlan.Key.ToArray(), 0, []));
        SessionKey stolen = new(session.Plan.Value.Job, 0, random.Next(3));
        byte[] begin = ActivationFrame.Begin(stolen).Encode();
        byte[] tokens = ScriptedGateway.Tokens(stolen, 0, 1, 2, 3).Encode();
        for (int round = 0; round < Rounds; round++)
        {
            bool control = round % 2 == 0;
            await using PeerStream stream = await hand.DialAsync(swarm.Nodes[round / 2 % 2], control ? PipelineProtocols.Stage : PipelineProtocols.Activation);
            try
            {
                foreach (byte[] message in control ? (byte[][])[open, open] : [begin, tokens])
                {
                    LengthPrefix.Write(stream.Output, Damaged(message, random));
                    await stream.Output.FlushAsync(Token);
                }
            }
            catch (StreamResetException)
            {
                // As it should be.
            }
        }

        AssertSame(TinyModel.Alone(SamplingParameters.Greedy), await generating);
        await using PipelineSession after = await swarm.OpenAsync(swarm.Plan([.. swarm.Nodes.Zip(spans)]));
        AssertSame(TinyModel.Alone(SamplingParameters.Greedy), await Swarm.GenerateAsync(after));
        Assert.DoesNotContain(null, await session.FinishAsync(Token));
        Assert.DoesNotContain(null, await after.FinishAsync(Token));
    }

    private static void AssertSame(Generation expected, Generation actual) => Assert.Equal(expected.Output, actual.Output);

    // A byte changed, the end cut off, something behind it, or nothing but noise.
    private static byte[] Damaged(byte[] message, Random random)
    {
        byte[] damaged = [.. message];
        switch (random.Next(5))
        {
            case 0:
                damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
                return damaged;
            case 1:
                return damaged[..random.Next(damaged.Length)];
            case 2:
                return [.. damaged, (byte)random.Next(256)];
            case 3:
                random.NextBytes(damaged);
                return damaged;
            default:
                return damaged;
        }
    }
}
