using Aria.Libp2p.Transports;
using Aria.Pipeline.Control;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Streams;
using Aria.Pipeline.Tests.Network;
using Aria.Provenance.Plans;
using Aria.Provenance.Signatures;

namespace Aria.Pipeline.Tests.Gateways;

/// <summary>A gateway against stages that a test plays by hand.</summary>
public sealed class PipelineSessionTests : IAsyncLifetime
{
    private const int Vocabulary = 100;

    private static readonly ModelId Model = new(Digest.Of("a model"u8));

    private readonly MemoryNetwork _network = new();
    private readonly List<ScriptedStage> _stages = [];
    private TestNode _gateway = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _gateway = await TestNode.StartAsync(_network, 1);
        for (byte seed = 2; seed <= 4; seed++)
        {
            _stages.Add(await ScriptedStage.StartAsync(_network, seed));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ScriptedStage stage in _stages)
        {
            await stage.DisposeAsync();
        }

        await _gateway.DisposeAsync();
    }

    private Signed<JobPlan> Plan(int stages = 3)
    {
        (NodeId, StageSpan)[] spans =
            [.. Enumerable.Range(0, stages).Select(i => (_stages[i].Id, new StageSpan(i == 0, LayerRange.Of(i, i + 1), i == stages - 1)))];
        return TestPlan.Of(_gateway, Model, spans, [1, 2, 3]).Seal(_gateway);
    }

    private Task<PipelineSession> OpenAsync(Signed<JobPlan> plan, PipelineGatewayOptions? options = null) => _gateway.Gateway(options).OpenAsync(
        plan, TestPlan.Key, Vocabulary, [.. plan.Value.Stages.Select((_, i) => _stages[i].Node.Peer.Addresses)], Token);

    private async Task<(PipelineSession Session, ControlStream[] Controls)> OpenedAsync(PipelineGatewayOptions? options = null, int stages = 3)
    {
        Task<PipelineSession> opening = OpenAsync(Plan(stages), options);
        List<ControlStream> controls = [];
        for (int i = 0; i < stages; i++)
        {
            controls.Add(await _stages[i].AcceptAsync());
        }

        return (await opening, [.. controls]);
    }

    private static async Task<PipelineFaultException> FaultOf(PipelineSession session) =>
        await Assert.ThrowsAsync<PipelineFaultException>(async () => await session.ReceiveAsync(Token));

    [Fact]
    public async Task EveryStageThatRefuses_IsNamedWithItsCode()
    {
        Task<PipelineSession> opening = OpenAsync(Plan(), new() { BlameWait = TimeSpan.FromMinutes(10) });
        await _stages[0].AcceptAsync();
        (ControlStream busy, _) = await _stages[1].OpenedAsync();
        (ControlStream strange, _) = await _stages[2].OpenedAsync();
        await busy.TrySendAsync(new ControlMessage.Refused(RefusalCode.Busy, "full"));
        await strange.TrySendAsync(new ControlMessage.Refused(RefusalCode.UnknownModel, "what is that"));
        PipelineFaultException fault = await Assert.ThrowsAsync<PipelineFaultException>(() => opening);
        Assert.Equal([_stages[1].Id, _stages[2].Id], fault.Lost);
        Assert.Equal([RefusalCode.Busy, RefusalCode.UnknownModel], fault.Failures.Select(failure => failure.Refusal));
        Assert.All(fault.Failures, failure => Assert.Equal(StageFailureKind.Refused, failure.Kind));
    }

    [Fact]
    public async Task AStageThatIsNotThere_IsUnreachable_AndTheOthersAreLetGo()
    {
        await _stages[1].Node.KillAsync();
        Task<PipelineSession> opening = OpenAsync(Plan());
        ControlStream first = await _stages[0].AcceptAsync();
        PipelineFaultException fault = await Assert.ThrowsAsync<PipelineFaultException>(() => opening);
        StageFailure failure = Assert.Single(fault.Failures);
        Assert.Equal((1, _stages[1].Id, StageFailureKind.Unreachable), (failure.Stage, failure.Node, failure.Kind));
        Assert.Null(await first.ReadAsync());
    }

    [Fact]
    public async Task AnAcceptanceUnderAnotherPlan_IsNone()
    {
        Task<PipelineSession> opening = OpenAsync(Plan(1));
        (ControlStream control, _) = await _stages[0].OpenedAsync();
        await control.TrySendAsync(new ControlMessage.Accepted(PlanAcceptance.Sign(_stages[0].Node.Key, Digest.Of("another"u8), 0)));
        Assert.Equal(StageFailureKind.Unreachable, Assert.Single((await Assert.ThrowsAsync<PipelineFaultException>(() => opening)).Failures).Kind);
    }

    [Fact]
    public async Task TokensGoIn_FourFramesAtATime_AndCandidatesComeBack()
    {
        (PipelineSession session, _) = await OpenedAsync(new() { FramePositions = 1 }, stages: 1);
        await using PipelineSession held = session;
        (_, FrameReader frames, SessionKey own) = await _stages[0].BegunAsync();
        Libp2p.PeerStream back = await _stages[0].BeginAsync(_gateway, own with { Index = 1 });
        Task sending = session.SendAsync(new uint[] { 1, 2, 3, 4, 5 }, Token);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal((FrameKind.Tokens, i, 1), await ScriptedStage.NextAsync(frames) is var frame ? (frame.Kind, frame.Position, frame.Count) : default);
        }

        Assert.False(sending.IsCompleted);
        await AnswerAsync(back, own, 0);
        Assert.Equal(4, (await ScriptedStage.NextAsync(frames)).Position);
        await sending;
        Assert.Equal(5, session.PositionsSent);
        await AnswerAsync(back, own, 1);
        await AnswerAsync(back, own, 2, (7, 0.5f));
        Assert.Equal([new Candidate(7, 0.5f)], (await session.ReceiveAsync(Token)).Candidates.ToArray());
    }

    private static async Task AnswerAsync(Libp2p.PeerStream back, SessionKey own, int position, params (uint Token, float Logit)[] candidates)
    {
        byte[] body = [.. candidates.SelectMany(c => (byte[])[.. BitConverter.GetBytes(c.Token), .. BitConverter.GetBytes(c.Logit)])];
        await FrameWriter.WriteAsync(back.Output, new ActivationFrame(FrameKind.Candidates, own with { Index = own.Index + 1 }, 2, position, 1, body), Token);
    }

    [Theory]
    [InlineData(FaultCode.Internal, 1)]
    [InlineData(FaultCode.PredecessorLost, 0)]
    [InlineData(FaultCode.SuccessorLost, 2)]
    [InlineData(FaultCode.BadInput, 0)]
    public async Task AReport_NamesWhoIsLost(FaultCode code, int lost)
    {
        (PipelineSession session, ControlStream[] controls) = await OpenedAsync();
        await using PipelineSession held = session;
        await controls[1].TrySendAsync(new ControlMessage.Fault(code, 3, null, "so it is"));
        PipelineFaultException fault = await FaultOf(session);
        StageFailure failure = Assert.Single(fault.Failures);
        Assert.Equal((lost, StageFailureKind.Faulted, code), (failure.Stage, failure.Kind, failure.Fault));
        Assert.Contains("so it is", fault.Reason, StringComparison.Ordinal);
        Assert.Equal([_stages[lost].Id], fault.Lost);
    }

    [Fact]
    public async Task AReportAtFirstHand_CountsMoreThanANeighbours()
    {
        (PipelineSession session, ControlStream[] controls) = await OpenedAsync(new() { BlameWait = TimeSpan.FromMinutes(10) });
        await using PipelineSession held = session;
        await controls[2].TrySendAsync(new ControlMessage.Fault(FaultCode.PredecessorLost, 3, null, "my predecessor is gone"));
        await controls[0].TrySendAsync(new ControlMessage.Fault(FaultCode.NonFinite, 3, 0, "not a number"));
        Assert.Equal([_stages[0].Id], (await FaultOf(session)).Lost);
    }

    [Fact]
    public async Task BadInput_CountsMoreThanALostNeighbour()
    {
        StageFailure failure = await AloneToBlameAsync(async wait =>
        {
            (PipelineSession session, ControlStream[] controls) = await OpenedAsync(new() { BlameWait = wait });
            await using PipelineSession held = session;
            await controls[1].TrySendAsync(new ControlMessage.Fault(FaultCode.SuccessorLost, 3, null, "my successor reset its stream"));
            await controls[2].TrySendAsync(new ControlMessage.Fault(FaultCode.BadInput, 3, null, "rubbish"));
            return await FaultOf(session);
        });
        Assert.Equal((1, FaultCode.BadInput), (failure.Stage, failure.Fault));
    }

    [Fact]
    public async Task ALostConnection_IsNoticedAtOnce()
    {
        (PipelineSession session, _) = await OpenedAsync(new() { BlameWait = TimeSpan.FromMinutes(10) });
        await using PipelineSession held = session;
        await _stages[1].Node.KillAsync();
        StageFailure failure = Assert.Single((await FaultOf(session)).Failures);
        Assert.Equal((1, StageFailureKind.Disconnected), (failure.Stage, failure.Kind));
        await Assert.ThrowsAsync<PipelineFaultException>(() => session.SendAsync(new uint[] { 1 }, Token));
        await Assert.ThrowsAsync<PipelineFaultException>(() => session.FinishAsync(Token));
    }

    [Fact]
    public async Task GarbageFromTheLastStage_IsItsFault()
    {
        (PipelineSession session, _) = await OpenedAsync(stages: 1);
        await using PipelineSession held = session;
        (_, _, SessionKey own) = await _stages[0].BegunAsync();
        Libp2p.PeerStream back = await _stages[0].BeginAsync(_gateway, own with { Index = 1 });
        await AnswerAsync(back, own, 0);
        StageFailure failure = Assert.Single((await FaultOf(session)).Failures);
        Assert.Equal((0, FaultCode.BadInput), (failure.Stage, failure.Fault));
        await Assert.ThrowsAsync<Libp2p.StreamResetException>(async () => await back.Input.ReadAsync(Token));
    }

    [Fact]
    public async Task CandidatesFromAnyoneElse_AreReset_AndTheSessionGoesOn()
    {
        (PipelineSession session, _) = await OpenedAsync();
        await using PipelineSession held = session;
        (_, _, SessionKey own) = await _stages[0].BegunAsync();
        Libp2p.PeerStream false1 = await _stages[1].BeginAsync(_gateway, own with { Index = 3 });
        await Assert.ThrowsAsync<Libp2p.StreamResetException>(async () => await false1.Input.ReadAsync(Token));
        Libp2p.PeerStream right = await _stages[2].BeginAsync(_gateway, own with { Index = 3 });
        await session.SendAsync(new uint[] { 1, 2, 3 }, Token);
        ActivationFrame answer = new(FrameKind.Candidates, own with { Index = 3 }, 4, 0, 3, new byte[8]);
        await FrameWriter.WriteAsync(right.Output, answer, Token);
        Assert.Equal([new Candidate(0, 0f)], (await session.ReceiveAsync(Token)).Candidates.ToArray());
        Libp2p.PeerStream second = await _stages[2].BeginAsync(_gateway, own with { Index = 3 });
        await Assert.ThrowsAsync<Libp2p.StreamResetException>(async () => await second.Input.ReadAsync(Token));
        await session.SendAsync(new uint[] { 4 }, Token);
        await FrameWriter.WriteAsync(right.Output, answer with { Position = 3, Count = 1 }, Token);
        Assert.Equal([new Candidate(0, 0f)], (await session.ReceiveAsync(Token)).Candidates.ToArray());
    }

    [Fact]
    public async Task AStepThatDoesNotCome_IsTheFault_OfWhoDoesNotAnswerAProbe()
    {
        StageFailure failure = await AloneToBlameAsync(async wait =>
        {
            (PipelineSession session, ControlStream[] controls) = await OpenedAsync(new() { StepTimeout = TimeSpan.FromMilliseconds(50), ProbeTimeout = wait });
            await using PipelineSession held = session;
            await session.SendAsync(new uint[] { 1 }, Token);
            Assert.IsType<ControlMessage.Probe>(await controls[0].ReadAsync());
            Assert.IsType<ControlMessage.Probe>(await controls[2].ReadAsync());
            await controls[0].TrySendAsync(new ControlMessage.Progress(1, 0));
            await controls[2].TrySendAsync(new ControlMessage.Progress(0, 0));
            return await FaultOf(session);
        });
        Assert.Equal((1, StageFailureKind.TimedOut), (failure.Stage, failure.Kind));
    }

    // What all the stages say within a wait tells whom to blame. A busy machine may bring it later, so the wait grows until one alone is blamed for what it did.
    private static async Task<StageFailure> AloneToBlameAsync(Func<TimeSpan, Task<PipelineFaultException>> blame)
    {
        for (TimeSpan wait = TimeSpan.FromSeconds(1); ; wait *= 2)
        {
            PipelineFaultException fault = await blame(wait);
            if (fault.Failures is [{ Stage: 1, Fault: not FaultCode.SuccessorLost }] || wait > TimeSpan.FromMinutes(1))
            {
                return Assert.Single(fault.Failures);
            }
        }
    }

    [Fact]
    public async Task AReceiptOfAnothers_CountsAsNone()
    {
        (PipelineSession session, ControlStream[] controls) = await OpenedAsync(stages: 1);
        await using PipelineSession held = session;
        Task<System.Collections.Immutable.ImmutableArray<byte[]?>> aborting = session.AbortAsync("enough", Token);
        Assert.Equal("enough", Assert.IsType<ControlMessage.Abort>(await controls[0].ReadAsync()).Reason);
        using Testing.Jobs.SampleJob other = new();
        Signed<JobPlan> plan = Signed.Seal(other.Plan(), other.Gateway);
        await controls[0].TrySendAsync(new ControlMessage.Receipt(Signed.Seal(other.Receipt(plan, 0, 3).Receipt, other.Key(1)).Bytes));
        Assert.Null(Assert.Single(await aborting));
        Assert.Equal(0, await session.RecordAsync(new byte[] { 1 }, Token));
    }

    [Fact]
    public async Task WhatIsOver_TakesNothingMore()
    {
        (PipelineSession session, _) = await OpenedAsync(new() { AbortTimeout = TimeSpan.Zero }, stages: 1);
        await using PipelineSession held = session;
        await session.AbortAsync("enough", Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => session.SendAsync(new uint[] { 1 }, Token));
        await Assert.ThrowsAsync<InvalidOperationException>(() => session.FinishAsync(Token));
        await Assert.ThrowsAsync<ArgumentException>(() => session.SendAsync(new uint[200], Token));
    }
}
