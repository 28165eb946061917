using System.Collections.Immutable;
using Aria.Engine;
using Aria.Pipeline.Control;
using Aria.Pipeline.Tests.Network;
using Aria.Provenance.Checks;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;

namespace Aria.Pipeline.Tests;

/// <summary>Whole pipelines over a memory network, with the built-in model.</summary>
public sealed class PipelineTests
{
    private static readonly SamplingParameters Sampled = new(0.8f, 0, 0.95f, 42);

    private static readonly SamplingParameters Penalised = Sampled with { Penalties = new(1.2f, 0.5f, 0.75f), LogProbabilities = 3 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static void AssertSame(Generation expected, Generation actual)
    {
        Assert.Equal(expected.Output, actual.Output);
        Assert.Equal(expected.Answers.Length, actual.Answers.Length);
        Assert.Equal(expected.LogSums.Select(sum => sum is { } some ? BitConverter.SingleToUInt32Bits(some) : (uint?)null), actual.LogSums.Select(sum => sum is { } some ? BitConverter.SingleToUInt32Bits(some) : (uint?)null));
        Assert.All(expected.Answers.Zip(actual.Answers), pair => Assert.Equal(Bits(pair.First), Bits(pair.Second)));
    }

    private static IEnumerable<(uint, uint)> Bits(Candidate[] candidates) => candidates.Select(c => (c.Token, BitConverter.SingleToUInt32Bits(c.Logit)));

    [Theory]
    [InlineData(1, false, 64)]
    [InlineData(2, false, 64)]
    [InlineData(2, true, 3)]
    [InlineData(4, true, 64)]
    [InlineData(4, false, 1)]
    [InlineData(8, true, 4)]
    public async Task AnyNumberOfStages_GivesTheCandidatesOfOneEngine_BitForBit(int stages, bool sampled, int framePositions)
    {
        SamplingParameters sampling = sampled ? Sampled : SamplingParameters.Greedy;
        StageSpan[] spans = TinyModel.Split(Math.Min(stages, TinyModel.Layers + 1));
        await using Swarm swarm = await Swarm.StartAsync(spans);
        await using PipelineSession session = await swarm.OpenAsync(
            swarm.Plan([.. swarm.Nodes.Zip(spans)], sampling), new() { FramePositions = framePositions });
        AssertSame(TinyModel.Alone(sampling), await Swarm.GenerateAsync(session));
        Assert.DoesNotContain(null, await session.FinishAsync(Token));
    }

    [Fact]
    public async Task Biases_AreAddedByTheHeadsOwner()
    {
        uint[] plain = TinyModel.Alone(Sampled).Output;
        SamplingParameters biased = Sampled with { MinP = 0.02f, Biases = LogitBiases.Of([new(plain[0], -100), new(plain[1], 3.5f)]) };
        StageSpan[] spans = TinyModel.Split(2);
        await using Swarm swarm = await Swarm.StartAsync(spans);
        await using PipelineSession session = await swarm.OpenAsync(swarm.Plan([.. swarm.Nodes.Zip(spans)], biased));
        Generation generation = await Swarm.GenerateAsync(session);
        AssertSame(TinyModel.Alone(biased), generation);
        Assert.NotEqual(plain[0], generation.Output[0]);
    }

    [Theory]
    [InlineData(1, false, 64)]
    [InlineData(2, true, 3)]
    [InlineData(4, false, 1)]
    [InlineData(9, true, 4)]
    public async Task PenaltiesAndLogSums_AreThoseOfOneEngine_BitForBit(int stages, bool sampled, int framePositions)
    {
        SamplingParameters sampling = sampled ? Penalised : Penalised with { Temperature = 0 };
        StageSpan[] spans = TinyModel.Split(stages);
        await using Swarm swarm = await Swarm.StartAsync(spans);
        await using PipelineSession session = await swarm.OpenAsync(swarm.Plan([.. swarm.Nodes.Zip(spans)], sampling), new() { FramePositions = framePositions });
        Generation generation = await Swarm.GenerateAsync(session);
        AssertSame(TinyModel.Alone(sampling), generation);
        Assert.NotEqual(TinyModel.Alone(sampling with { Penalties = RepetitionPenalties.None }).LogSums, generation.LogSums);
        Assert.All(generation.Answers, candidates => Assert.Equal(sampled ? 256 : 3, candidates.Length));
        Assert.DoesNotContain(null, generation.LogSums);
        await FinishAsync(swarm, session);
    }

    [Fact]
    public async Task APlan_MayTakePartsOfWhatNodesServe_AndTheHeadAlone()
    {
        int layers = TinyModel.Layers;
        await using Swarm swarm = await Swarm.StartAsync(StageSpan.Whole(layers), TinyModel.Span(1, layers), StageSpan.Whole(layers));
        await using PipelineSession session = await swarm.OpenAsync(swarm.Plan(
        [
            (swarm.Nodes[0], TinyModel.Span(0, layers - 2)),
            (swarm.Nodes[1], TinyModel.Span(layers - 2, layers, head: false)),
            (swarm.Nodes[2], new(false, LayerRange.Of(layers, layers), true)),
        ]));
        AssertSame(TinyModel.Alone(SamplingParameters.Greedy), await Swarm.GenerateAsync(session));
        await FinishAsync(swarm, session);
    }

    [Fact]
    public async Task AGateway_MayServeItself_AndANodeTwoPlaces()
    {
        int layers = TinyModel.Layers;
        await using Swarm swarm = await Swarm.StartAsync(StageSpan.Whole(layers));
        swarm.Serve(swarm.Gateway, TinyModel.Span(0, layers - 1), TinyModel.Span(layers - 1, layers));
        await using PipelineSession session = await swarm.OpenAsync(swarm.Plan(
        [
            (swarm.Gateway, TinyModel.Span(0, 1)),
            (swarm.Gateway, TinyModel.Span(1, layers - 2)),
            (swarm.Nodes[0], TinyModel.Span(layers - 2, layers - 1)),
            (swarm.Gateway, TinyModel.Span(layers - 1, layers)),
        ]));
        AssertSame(TinyModel.Alone(SamplingParameters.Greedy), await Swarm.GenerateAsync(session));
        await FinishAsync(swarm, session);
        Assert.Equal(3, swarm.Gateway.Log.Records.Count);
    }

    [Fact]
    public async Task Sessions_ShareANode()
    {
        StageSpan[] spans = TinyModel.Split(2);
        await using Swarm swarm = await Swarm.StartAsync(spans);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(async i =>
        {
            SamplingParameters sampling = i % 2 == 0 ? SamplingParameters.Greedy : Sampled;
            await using PipelineSession session = await swarm.OpenAsync(swarm.Plan([.. swarm.Nodes.Zip(spans)], sampling));
            AssertSame(TinyModel.Alone(sampling), await Swarm.GenerateAsync(session));
            await FinishAsync(swarm, session);
        }));
    }

    [Fact]
    public async Task TheRecord_IsValid_AndStandsInEveryLog_WithTheTracesThatReceiptsCommitTo()
    {
        StageSpan[] spans = TinyModel.Split(3);
        await using Swarm swarm = await Swarm.StartAsync(spans);
        await using PipelineSession session = await swarm.OpenAsync(swarm.Plan([.. swarm.Nodes.Zip(spans)], Sampled));
        Generation generation = await Swarm.GenerateAsync(session);
        ImmutableArray<byte[]?> receipts = await session.FinishAsync(Token);
        byte[] record = Record(swarm, generation.Output, Attempt(session, receipts));
        Assert.Equal(3, await session.RecordAsync(record, Token));
        RecordCheckResult check = RecordCheck.Verify(record, TinyModel.Layers);
        Assert.Equal(Verdict.Valid, check.Verdict);
        Assert.Empty(check.Findings);
        for (int stage = 0; stage < 3; stage++)
        {
            MemoryStageLog log = swarm.Nodes[stage].Log;
            Assert.Equal(record, Assert.Single(log.Records));
            StageTrace trace = Assert.Single(log.Traces);
            StageReceipt receipt = Open(receipts[stage]!);
            Assert.Equal(
                (receipt.TraceCommit, receipt.OutRoot, receipt.Head?.Root, receipt.PositionCount, spans[stage].Layers),
                (trace.Commitment, trace.OutRoot, trace.HeadRoot, trace.PositionCount, trace.Layers));
            Assert.Equal(EnergyClaim.None, receipt.Energy);
            Assert.InRange(receipt.ComputeMicroseconds, 1, long.MaxValue);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AStageKilledAtAnyToken_IsNamed_AndTheNextAttemptGoesOnAsIfNothingHadHappened(bool penalised)
    {
        StageSpan[] spans = TinyModel.Split(4);
        SamplingParameters sampling = penalised ? Penalised : SamplingParameters.Greedy;
        Generation alone = TinyModel.Alone(sampling);
        for (int victim = 0; victim < spans.Length; victim++)
        {
            int killAt = 1 + (victim % (TinyModel.Outputs - 1));
            await using Swarm swarm = await Swarm.StartAsync([.. spans, .. spans]);
            Signed<JobPlan> plan = swarm.Plan([.. swarm.Nodes.Zip(spans)], sampling);
            List<uint> output = [];
            ImmutableArray<byte[]?> receipts;
            RecordAttempt first;
            await using PipelineSession session = await swarm.OpenAsync(plan);
            PipelineFaultException fault = await Assert.ThrowsAsync<PipelineFaultException>(() => Swarm.GenerateAsync(session, null, async count =>
            {
                output.Add(alone.Output[count - 1]);
                if (count == killAt)
                {
                    await swarm.Nodes[victim].KillAsync();
                }
            }));
            Assert.Equal([swarm.Nodes[victim].Id], fault.Lost);
            receipts = await session.AbortAsync(fault.Reason, Token);
            Assert.Null(receipts[victim]);
            Assert.Equal(3, receipts.Count(receipt => receipt is not null));
            first = Attempt(session, receipts, fault.Reason);

            // The same nodes, but another one in the victim's place.
            (TestNode, StageSpan)[] stages = [.. swarm.Nodes.Zip(spans)];
            stages[victim] = (swarm.Nodes[victim + 4], spans[victim]);
            await using PipelineSession next = await swarm.OpenAsync(swarm.Plan(
                stages, sampling, epoch: 1, headFrom: TinyModel.Prompt.Length + output.Count - 1, job: plan.Value.Job));
            int known = output.Count;
            Generation rest = await Swarm.GenerateAsync(next, output);
            AssertSame(alone with { Answers = alone.Answers[known..], LogSums = alone.LogSums[known..] }, rest);
            byte[] record = Record(swarm, rest.Output, first, Attempt(next, await next.FinishAsync(Token)));
            Assert.Equal(Verdict.Valid, RecordCheck.Verify(record, TinyModel.Layers).Verdict);
            Assert.Equal(3, await session.RecordAsync(record, Token));
            Assert.Equal(4, await next.RecordAsync(record, Token));
        }
    }

    [Fact]
    public async Task AStageKilledDuringThePrefill_IsNamed()
    {
        StageSpan[] spans = TinyModel.Split(3);
        await using Swarm swarm = await Swarm.StartAsync(spans);
        await using PipelineSession session = await swarm.OpenAsync(swarm.Plan([.. swarm.Nodes.Zip(spans)]), new() { FramePositions = 1, Window = 2 });
        Task sending = session.SendAsync(TinyModel.Prompt, Token);
        await swarm.Nodes[1].KillAsync();
        PipelineFaultException fault = await Assert.ThrowsAsync<PipelineFaultException>(async () =>
        {
            await sending;
            while (true)
            {
                await session.ReceiveAsync(Token);
                await session.SendAsync((uint[])[1], Token);
            }
        });
        Assert.Equal([swarm.Nodes[1].Id], fault.Lost);
    }

    [Fact]
    public async Task AnAbortedSession_GivesReceiptsForWhatWasComputed_AndIsLoggedAloneWhenTheGatewayGoes()
    {
        StageSpan[] spans = TinyModel.Split(2);
        await using Swarm swarm = await Swarm.StartAsync(spans);
        PipelineSession session = await swarm.OpenAsync(swarm.Plan([.. swarm.Nodes.Zip(spans)]));
        await Swarm.GenerateAsync(session, outputs: 2);
        ImmutableArray<byte[]?> receipts = await session.AbortAsync("the client went away", Token);
        Assert.All(receipts, receipt => Assert.Equal(TinyModel.Prompt.Length + 1, Open(receipt!).PositionCount));
        await session.DisposeAsync();
        Assert.Equal(receipts[0], await swarm.Nodes[0].Log.NextFailedAsync());
        Assert.Equal(receipts[1], await swarm.Nodes[1].Log.NextFailedAsync());
    }

    [Fact]
    public async Task AGatewayThatDies_LeavesReceiptsInEveryLog()
    {
        StageSpan[] spans = TinyModel.Split(2);
        await using Swarm swarm = await Swarm.StartAsync(spans);
        PipelineSession session = await swarm.OpenAsync(swarm.Plan([.. swarm.Nodes.Zip(spans)]));
        await Swarm.GenerateAsync(session, outputs: 2);
        await swarm.Gateway.KillAsync();
        foreach (TestNode node in swarm.Nodes)
        {
            StageReceipt receipt = Open(await node.Log.NextFailedAsync());
            Assert.Equal(TinyModel.Prompt.Length + 1, receipt.PositionCount);
        }

        await session.DisposeAsync();
    }

    [Fact]
    public async Task AStageThatIsShutDown_SaysSo()
    {
        StageSpan[] spans = TinyModel.Split(2);
        await using Swarm swarm = await Swarm.StartAsync(spans);
        await using PipelineSession session = await swarm.OpenAsync(swarm.Plan([.. swarm.Nodes.Zip(spans)]));
        await Swarm.GenerateAsync(session, outputs: 1);
        await swarm.Nodes[1].Host!.DisposeAsync();
        StageFailure failure = Assert.Single((await Assert.ThrowsAsync<PipelineFaultException>(async () => await session.ReceiveAsync(Token))).Failures);
        Assert.Equal((1, FaultCode.ShuttingDown), (failure.Stage, failure.Fault));
        Assert.Equal(TinyModel.Prompt.Length, Open(await swarm.Nodes[1].Log.NextFailedAsync()).PositionCount);
    }

    private static async Task FinishAsync(Swarm swarm, PipelineSession session)
    {
        ImmutableArray<byte[]?> receipts = await session.FinishAsync(Token);
        byte[] record = Record(swarm, TinyModel.Alone(session.Plan.Value.Sampling).Output, Attempt(session, receipts));
        Assert.Equal(Verdict.Valid, RecordCheck.Verify(record, TinyModel.Layers).Verdict);
        Assert.Equal(receipts.Length, await session.RecordAsync(record, Token));
    }

    private static StageReceipt Open(byte[] bytes)
    {
        Assert.Equal(OpenStatus.Done, Signed.TryOpen(bytes, out Signed<StageReceipt>? receipt));
        return receipt!.Value;
    }

    private static RecordAttempt Attempt(PipelineSession session, ImmutableArray<byte[]?> receipts, string? fault = null) => new(
        session.Plan.Value.Epoch, session.Plan.Bytes.ToArray(), session.Acceptances, 0, session.PositionsSent, receipts, fault);

    private static byte[] Record(Swarm swarm, uint[] output, params RecordAttempt[] attempts) => Signed.Seal(
        new InferenceRecord(
            TestNode.Network, NumericSpec.Id, TinyModel.File.Id, JobOf(attempts[0]), swarm.Gateway.Id, [.. attempts],
            TokenCommitment.Of(TestPlan.Salt, TinyModel.Prompt), TokenCommitment.Of(TestPlan.Salt, output), TinyModel.Prompt.Length, output.Length,
            FinishReason.Length, 1, 2, EnergyClaim.None, 1_800_000_000_000),
        swarm.Gateway.Key).Bytes.ToArray();

    private static JobId JobOf(RecordAttempt attempt)
    {
        Assert.Equal(OpenStatus.Done, Signed.TryOpen(attempt.Plan, out Signed<JobPlan>? plan));
        return plan!.Value.Job;
    }
}
