using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Aria.Engine.Execution;
using Aria.Libp2p;
using Aria.Libp2p.Transports;
using Aria.Pipeline.Control;
using Aria.Pipeline.Energy;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Streams;
using Aria.Pipeline.Tests.Network;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Pipeline.Tests;

/// <summary>One stage against a gateway, a predecessor and a successor that a test plays by hand.</summary>
public sealed class StageHostTests : IAsyncLifetime
{
    private readonly MemoryNetwork _network = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly List<SpanEngine> _engines = [];
    private readonly List<ControlStream> _controls = [];
    private TestNode _gateway = null!;
    private TestNode _stage = null!;            // serves E[0,2)
    private TestNode _stranger = null!;
    private ScriptedStage _successor = null!;
    private ScriptedGateway _hand = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static StageSpan Front => TinyModel.Span(0, 2);

    private static StageSpan Back => TinyModel.Span(2, TinyModel.Layers);

    public async ValueTask InitializeAsync()
    {
        _gateway = await TestNode.StartAsync(_network, 1);
        _stage = await TestNode.StartAsync(_network, 102, _time);       // a node of no other test: its meter is listened to
        _successor = await ScriptedStage.StartAsync(_network, 3);
        _stranger = await TestNode.StartAsync(_network, 4);
        _hand = new(_gateway);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ControlStream control in _controls)
        {
            await control.DisposeAsync();
        }

        await _successor.DisposeAsync();
        await _stage.DisposeAsync();
        await _gateway.DisposeAsync();
        await _stranger.DisposeAsync();
        _engines.ForEach(engine => engine.Dispose());
    }

    private void Serve(Func<StageHostOptions, StageHostOptions>? change = null, StageSpan? span = null, EnergyMeter? energy = null)
    {
        _engines.Add(TinyModel.Engine(span ?? Front));
        _stage.Serve(_engines, change, energy);
    }

    private JobPlan Plan(StageSpan? front = null, int maxPositions = 64)
    {
        StageSpan first = front ?? Front;
        return TestPlan.Of(
            _gateway, TinyModel.File.Id, [(_stage.Id, first), (_successor.Id, TinyModel.Span(first.Layers.End, TinyModel.Layers))], TinyModel.Prompt, maxPositions) with
        {
            CreatedUnixMs = _time.GetUtcNow().ToUnixTimeMilliseconds(),
            DeadlineUnixMs = _time.GetUtcNow().AddMinutes(10).ToUnixTimeMilliseconds(),
        };
    }

    private async Task<RefusalCode?> RefusalOf(ReadOnlyMemory<byte> plan, int index = 0, Digest? key = null, TestNode? gateway = null)
    {
        (ControlStream control, ControlMessage? answer) = await new ScriptedGateway(gateway ?? _gateway).OpenAsync(_stage, plan, _successor.Node, index, key);
        _controls.Add(control);
        return (answer as ControlMessage.Refused)?.Code;
    }

    private Task<RefusalCode?> RefusalOf(JobPlan plan, int index = 0) => RefusalOf(plan.Seal(_gateway).Bytes, index);

    /// <summary>A session that accepted the plan, with its control stream.</summary>
    private async Task<(ControlStream Control, SessionKey Session, Signed<JobPlan> Plan)> OpenAsync(JobPlan? plan = null, int index = 0)
    {
        Signed<JobPlan> signed = (plan ?? Plan()).Seal(_gateway);
        (ControlStream control, ControlMessage? answer) = await _hand.OpenAsync(_stage, signed.Bytes, _successor.Node, index);
        _controls.Add(control);
        ControlMessage.Accepted accepted = Assert.IsType<ControlMessage.Accepted>(answer);
        Assert.True(PlanAcceptance.Verify(_stage.Id, signed.PayloadDigest, index, accepted.Signature.Span));
        return (control, new(signed.Value.Job, signed.Value.Epoch, index), signed);
    }

    private static async Task<ControlMessage.Fault> FaultOf(ControlStream control) =>
        Assert.IsType<ControlMessage.Fault>(await control.ReadAsync().WaitAsync(Token));

    private static async Task<StageReceipt> ReceiptOf(ControlStream control)
    {
        ControlMessage.Receipt receipt = Assert.IsType<ControlMessage.Receipt>(await control.ReadAsync().WaitAsync(Token));
        Assert.Equal(OpenStatus.Done, Signed.TryOpen(receipt.SignedReceipt.ToArray(), out Signed<StageReceipt>? signed));
        return signed!.Value;
    }

    private static async Task AssertResetAsync(PeerStream stream)
    {
        await Assert.ThrowsAsync<StreamResetException>(async () =>
        {
            while (await stream.Input.ReadAsync(Token) is var read)
            {
                stream.Input.AdvanceTo(read.Buffer.End);
                Assert.False(read.IsCompleted);
            }
        });
    }

    // --- the checks before an acceptance

    [Fact]
    public async Task EveryCheckThatFails_GivesItsCode()
    {
        Serve(options => options with { MaxPositions = 100 });
        JobPlan good = Plan();
        PlanStage[] stages = [.. good.Stages];
        byte[] forged = good.Seal(_gateway).Bytes.ToArray();
        forged[^1] ^= 1;
        Assert.Equal(RefusalCode.Malformed, await RefusalOf(new byte[] { 1, 2, 3 }));
        Assert.Equal(RefusalCode.Malformed, await RefusalOf(good.Seal(_gateway).Bytes, key: TestPlan.Salt));
        Assert.Equal(RefusalCode.BadSignature, await RefusalOf(forged));
        Assert.Equal(RefusalCode.BadSignature, await RefusalOf(good.Seal(_gateway).Bytes, gateway: _stranger));
        Assert.Equal(RefusalCode.WrongNetwork, await RefusalOf(good with { Network = "another" }));
        Assert.Equal(RefusalCode.NotInPlan, await RefusalOf(good, 1));
        Assert.Equal(RefusalCode.NotInPlan, await RefusalOf(good, 2));
        Assert.Equal(RefusalCode.NotInPlan, await RefusalOf(good with { Stages = [stages[0]] }));
        Assert.Equal(RefusalCode.NotInPlan, await RefusalOf(good with { Stages = [stages[0], new(_successor.Id, TinyModel.Span(2, TinyModel.Layers + 1, head: true))] }));
        Assert.Equal(RefusalCode.UnknownModel, await RefusalOf(good with { Model = new(Digest.Of("another"u8)) }));
        Assert.Equal(RefusalCode.NumericSpec, await RefusalOf(good with { NumericSpec = "ARIA-NUM-0" }));
        Assert.Equal(RefusalCode.NotServed, await RefusalOf(Plan(TinyModel.Span(0, 3))));
        Assert.Equal(RefusalCode.TooLong, await RefusalOf(good with { MaxPositions = TinyModel.File.Shape.Context + 1 }));
        Assert.Equal(RefusalCode.TooLong, await RefusalOf(good with { MaxPositions = 101 }));
        Assert.Equal(RefusalCode.Deadline, await RefusalOf(good with { DeadlineUnixMs = good.CreatedUnixMs }));
        Assert.Equal(RefusalCode.Deadline, await RefusalOf(good with { DeadlineUnixMs = good.CreatedUnixMs + (25 * 3600 * 1000) }));
        Assert.Null(await RefusalOf(good));
        Assert.Equal(RefusalCode.Duplicate, await RefusalOf(good));
        Assert.Equal(RefusalCode.Busy, await RefusalOf(Plan()));
        Assert.Null(await RefusalOf(Plan(TinyModel.Span(0, 1), 36)));
    }

    [Fact]
    public async Task ASessionThatEnded_FreesItsRoom()
    {
        Serve(options => options with { MaxSessions = 1 });
        (ControlStream control, _, _) = await OpenAsync();
        Assert.Equal(RefusalCode.Busy, await RefusalOf(Plan()));
        await control.TrySendAsync(new ControlMessage.Abort("enough"));
        Assert.Equal(0, (await ReceiptOf(control)).PositionCount);
        Assert.Null(await RefusalOf(Plan()));
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 3, 1, 2, 3 })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0, 0, 0, 3, 0x92, 1, 9 })]
    public async Task WhoeverDoesNotBeginWithOpen_IsReset_AndNoOtherStreamIs(byte[] bytes)
    {
        Serve();
        (ControlStream control, _, _) = await OpenAsync();
        PeerStream bad = await _hand.DialAsync(_stage);
        await bad.Output.WriteAsync(bytes, Token);
        await AssertResetAsync(bad);
        await control.TrySendAsync(new ControlMessage.Probe());
        Assert.Equal(new ControlMessage.Progress(0, 0), await control.ReadAsync());
    }

    [Fact]
    public async Task WhoeverSaysNothing_IsResetAfterTenSeconds()
    {
        Serve();
        PeerStream silent = await _hand.DialAsync(_stage);
        Task reset = AssertResetAsync(silent);
        while (!reset.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(11));
            await Task.WhenAny(reset, Task.Delay(10, Token));
        }

        await reset;
    }

    // --- the data path

    [Fact]
    public async Task OnlyThePlansPredecessor_MayFeed_AndOnlyOnce()
    {
        Serve();
        (ControlStream control, SessionKey session, _) = await OpenAsync();
        await AssertResetAsync(await new ScriptedGateway(_stranger).BeginAsync(_stage, session));
        await AssertResetAsync(await _hand.BeginAsync(_stage, session with { Index = 1 }));
        await AssertResetAsync(await _hand.BeginAsync(_stage, session with { Epoch = 1 }));
        PeerStream first = await _hand.BeginAsync(_stage, session);
        (_, FrameReader frames, SessionKey next) = await _successor.BegunAsync();
        Assert.Equal(session with { Index = 1 }, next);
        await AssertResetAsync(await _hand.BeginAsync(_stage, session));
        await FrameWriter.WriteAsync(first.Output, ScriptedGateway.Tokens(session, 0, 1, 2, 3), Token);
        ActivationFrame rows = await ScriptedStage.NextAsync(frames);
        Assert.Equal((FrameKind.Residual, 2, 0, 3, 12 * TinyModel.File.Shape.Dim), (rows.Kind, rows.Boundary, rows.Position, rows.Count, rows.Body.Length));
        await control.TrySendAsync(new ControlMessage.Probe());
        Assert.Equal(3, Assert.IsType<ControlMessage.Progress>(await control.ReadAsync()).Received);
        await FrameWriter.WriteAsync(first.Output, ActivationFrame.End(session, 3), Token);
        Assert.Equal((FrameKind.End, 3), await ScriptedStage.NextAsync(frames) is var end ? (end.Kind, end.Position) : default);
        await control.TrySendAsync(new ControlMessage.Finish(3));
        StageReceipt receipt = await ReceiptOf(control);
        Assert.Equal((0, 3, _stage.Id, 0), (receipt.FirstPosition, receipt.PositionCount, receipt.Node, receipt.Stage));
    }

    public static TheoryData<string> BadInputs => ["garbage", "oversize", "gap", "unknown token", "rows", "second begin", "early end"];

    [Theory]
    [MemberData(nameof(BadInputs))]
    public async Task InputThatDoesNotFit_IsAFault_AndNoOtherStreamIsTouched(string kind)
    {
        Serve();
        (ControlStream other, _, _) = await OpenAsync(Plan(TinyModel.Span(0, 1)));
        (ControlStream control, SessionKey session, _) = await OpenAsync();
        PeerStream input = await _hand.BeginAsync(_stage, session);
        (PeerStream output, FrameReader frames, _) = await _successor.BegunAsync();
        await FrameWriter.WriteAsync(input.Output, ScriptedGateway.Tokens(session, 0, 1, 2), Token);
        Assert.Equal(0, (await ScriptedStage.NextAsync(frames)).Position);
        switch (kind)
        {
            case "garbage":
                await input.Output.WriteAsync(new byte[] { 0, 0, 0, 2, 0xc0, 0xc0 }, Token);
                break;
            case "oversize":
                await input.Output.WriteAsync(new byte[] { 0, 0x40, 0, 1 }, Token);
                break;
            case "gap":
                await FrameWriter.WriteAsync(input.Output, ScriptedGateway.Tokens(session, 3, 1), Token);
                break;
            case "unknown token":
                await FrameWriter.WriteAsync(input.Output, ScriptedGateway.Tokens(session, 2, (uint)TinyModel.File.Shape.Vocabulary), Token);
                break;
            case "rows":
                await FrameWriter.WriteAsync(input.Output, new ActivationFrame(FrameKind.Residual, session, 1, 2, 1, new byte[4 * TinyModel.File.Shape.Dim]), Token);
                break;
            case "second begin":
                await FrameWriter.WriteAsync(input.Output, ActivationFrame.Begin(session), Token);
                break;
            default:
                await FrameWriter.WriteAsync(input.Output, ActivationFrame.End(session, 3), Token);
                break;
        }

        ControlMessage.Fault fault = await FaultOf(control);
        Assert.Equal((FaultCode.BadInput, 2), (fault.Code, fault.Position));
        await AssertResetAsync(input);
        await AssertResetAsync(output);
        await other.TrySendAsync(new ControlMessage.Probe());
        Assert.IsType<ControlMessage.Progress>(await other.ReadAsync());
        await control.TrySendAsync(new ControlMessage.Abort("so it goes"));
        Assert.Equal(2, (await ReceiptOf(control)).PositionCount);
    }

    [Fact]
    public async Task ARowWithNaN_IsAFaultOfThePredecessor()
    {
        // The gateway's node plays the first stage, the serving node the second.
        Serve(span: Back);
        JobPlan plan = Plan() with { Stages = [new(_gateway.Id, Front), new(_stage.Id, Back)] };
        (ControlStream control, SessionKey session, _) = await OpenAsync(plan, 1);
        _gateway.Router.TryAwait(session with { Index = 2 }, _stage.Peer.Id, async (stream, _, stop) => await stream.Input.ReadAsync(stop));
        PeerStream input = await _hand.BeginAsync(_stage, session);
        byte[] rows = new byte[4 * TinyModel.File.Shape.Dim];
        BinaryPrimitives.WriteSingleLittleEndian(rows.AsSpan(8), float.NaN);
        await FrameWriter.WriteAsync(input.Output, new ActivationFrame(FrameKind.Residual, session, 2, 0, 1, rows), Token);
        ControlMessage.Fault fault = await FaultOf(control);
        Assert.Equal((FaultCode.BadInput, 0), (fault.Code, fault.Position));
        await AssertResetAsync(input);
    }

    [Fact]
    public async Task AnInputThatBreaks_IsALostPredecessor_HoweverItBreaks()
    {
        Serve();
        foreach (bool inOrder in (bool[])[true, false])
        {
            (ControlStream control, SessionKey session, _) = await OpenAsync(Plan(maxPositions: 16));
            PeerStream input = await _hand.BeginAsync(_stage, session);
            (PeerStream output, _, _) = await _successor.BegunAsync();
            if (inOrder)
            {
                await input.Output.CompleteAsync();
            }
            else
            {
                input.Reset();
            }

            Assert.Equal(FaultCode.PredecessorLost, (await FaultOf(control)).Code);
            await AssertResetAsync(output);
        }
    }

    [Fact]
    public async Task ASuccessorThatCannotBeReached_OrIsLostWhileNothingIsSent_IsAFaultAtOnce()
    {
        Serve();
        (ControlStream control, SessionKey session, _) = await OpenAsync();
        PeerStream input = await _hand.BeginAsync(_stage, session);
        (PeerStream output, _, _) = await _successor.BegunAsync();
        output.Reset();
        Assert.Equal(FaultCode.SuccessorLost, (await FaultOf(control)).Code);
        await AssertResetAsync(input);

        await _successor.Node.KillAsync();
        (ControlStream second, SessionKey again, _) = await OpenAsync();
        await _hand.BeginAsync(_stage, again);
        Assert.Equal(FaultCode.SuccessorLost, (await FaultOf(second)).Code);
    }

    [Fact]
    public async Task ASuccessorThatDoesNotRead_HoldsTheStageUp_AndItsMemoryIsBounded()
    {
        const int Frame = 16;
        Serve();
        int context = TinyModel.File.Shape.Context, rowBytes = 4 * TinyModel.File.Shape.Dim;
        (ControlStream control, SessionKey session, _) = await OpenAsync(Plan(maxPositions: context));
        PeerStream input = await _hand.BeginAsync(_stage, session);
        (_, FrameReader frames, _) = await _successor.BegunAsync();
        Task feeding = FeedAsync();

        // Held up: one frame is computed, or in the making, and waits for the window.
        int sent = 0;
        for (ControlMessage.Progress last = new(-1, -1); ;)
        {
            await control.TrySendAsync(new ControlMessage.Probe());
            ControlMessage.Progress now = Assert.IsType<ControlMessage.Progress>(await control.ReadAsync());
            Assert.InRange(now.Received - now.Sent, 0, Frame);
            sent = now.Sent;
            if (now == last && now.Received > now.Sent)
            {
                break;
            }

            last = now;
            await Task.Delay(100, Token);
        }

        Assert.InRange(sent * rowBytes, 0, 1 << 20);        // what the two ends' windows take
        Assert.InRange(sent, 0, context - Frame);
        for (int position = 0; position < context; position += Frame)
        {
            Assert.Equal(position, (await ScriptedStage.NextAsync(frames)).Position);
        }

        await feeding;

        async Task FeedAsync()
        {
            for (int position = 0; position < context; position += Frame)
            {
                await FrameWriter.WriteAsync(input.Output, ScriptedGateway.Tokens(session, position, new uint[Frame]), Token);
            }
        }
    }

    // --- the end

    [Fact]
    public async Task Finish_WaitsForTheInputBeforeTheEnd_TenSecondsLong()
    {
        Serve();
        (ControlStream control, SessionKey session, _) = await OpenAsync();
        PeerStream input = await _hand.BeginAsync(_stage, session);
        await control.TrySendAsync(new ControlMessage.Finish(2));
        await control.TrySendAsync(new ControlMessage.Probe());
        Assert.IsType<ControlMessage.Progress>(await control.ReadAsync());
        await FrameWriter.WriteAsync(input.Output, ScriptedGateway.Tokens(session, 0, 1, 2), Token);
        await FrameWriter.WriteAsync(input.Output, ActivationFrame.End(session, 2), Token);
        Assert.Equal(2, (await ReceiptOf(control)).PositionCount);

        (ControlStream impatient, SessionKey unfed, _) = await OpenAsync(Plan(maxPositions: 16));
        await _successor.BegunAsync();
        await _hand.BeginAsync(_stage, unfed);
        await _successor.BegunAsync();
        await impatient.TrySendAsync(new ControlMessage.Finish(2));
        await impatient.TrySendAsync(new ControlMessage.Probe());
        Assert.IsType<ControlMessage.Progress>(await impatient.ReadAsync());
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, (await ReceiptOf(impatient)).PositionCount);
    }

    [Fact]
    public async Task ASessionThatIsNotFed_IsGivenUp_AndItsRoomFreed()
    {
        Serve(options => options with { MaxSessions = 1 });
        (ControlStream control, SessionKey session, _) = await OpenAsync(Plan() with { DeadlineUnixMs = _time.GetUtcNow().AddHours(12).ToUnixTimeMilliseconds() });
        PeerStream input = await _hand.BeginAsync(_stage, session);
        (_, FrameReader frames, _) = await _successor.BegunAsync();
        await FrameWriter.WriteAsync(input.Output, ScriptedGateway.Tokens(session, 0, 1, 2), Token);
        await ScriptedStage.NextAsync(frames);
        _time.Advance(TimeSpan.FromMinutes(2));
        await FrameWriter.WriteAsync(input.Output, ScriptedGateway.Tokens(session, 2, 1, 2), Token);
        await ScriptedStage.NextAsync(frames);
        await ProbeAsync(control);
        _time.Advance(TimeSpan.FromMinutes(2));
        await ProbeAsync(control);
        Task<ControlMessage.Fault> fault = FaultOf(control);
        while (!fault.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMinutes(2));         // again where the stage had not begun to wait yet
            await Task.WhenAny(fault, Task.Delay(TimeSpan.FromSeconds(10), Token));
        }

        Assert.Equal(FaultCode.PredecessorLost, (await fault).Code);
        await AssertResetAsync(input);
        await ProbeAsync(control);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(OpenStatus.Done, Signed.TryOpen(await _stage.Log.NextFailedAsync(), out Signed<StageReceipt>? receipt));
        Assert.Equal(4, receipt!.Value.PositionCount);
        Assert.Null(await control.ReadAsync());
        Assert.Null(await RefusalOf(Plan()));
    }

    private static async Task ProbeAsync(ControlStream control)
    {
        await control.TrySendAsync(new ControlMessage.Probe());
        Assert.IsType<ControlMessage.Progress>(await control.ReadAsync());
    }

    [Fact]
    public async Task ThePassedDeadline_IsAFault()
    {
        Serve();
        (ControlStream control, SessionKey session, _) = await OpenAsync();
        PeerStream input = await _hand.BeginAsync(_stage, session);
        await _successor.BegunAsync();              // the time for that is over as well otherwise
        await ProbeAsync(control);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(FaultCode.Deadline, (await FaultOf(control)).Code);
        await AssertResetAsync(input);
        await control.TrySendAsync(new ControlMessage.Abort("late"));
        await ReceiptOf(control);
    }

    /// <summary>A finished session of two positions: its control stream and receipt.</summary>
    private async Task<(ControlStream Control, Signed<JobPlan> Plan, byte[] Receipt)> FinishedAsync(bool abort = false)
    {
        (ControlStream control, SessionKey session, Signed<JobPlan> plan) = await OpenAsync(Plan(maxPositions: 16));
        PeerStream input = await _hand.BeginAsync(_stage, session);
        (_, FrameReader frames, _) = await _successor.BegunAsync();
        await FrameWriter.WriteAsync(input.Output, ScriptedGateway.Tokens(session, 0, 1, 2), Token);
        await ScriptedStage.NextAsync(frames);
        if (!abort)
        {
            await FrameWriter.WriteAsync(input.Output, ActivationFrame.End(session, 2), Token);
        }

        await control.TrySendAsync(abort ? new ControlMessage.Abort("enough") : new ControlMessage.Finish(2));
        ControlMessage.Receipt receipt = Assert.IsType<ControlMessage.Receipt>(await control.ReadAsync());
        return (control, plan, receipt.SignedReceipt.ToArray());
    }

    private byte[] Record(Signed<JobPlan> plan, byte[]? receipt, TestNode? signer = null, JobId? job = null, int epoch = 0) => Signed.Seal(
        new InferenceRecord(
            TestNode.Network, plan.Value.NumericSpec, plan.Value.Model, job ?? plan.Value.Job, (signer ?? _gateway).Id,
            [new(epoch, plan.Bytes.ToArray(), [null, null], 0, 2, [receipt, null], null)],
            plan.Value.PromptCommitment, Digest.Of("output"u8), 1, 2, FinishReason.Length, 1, 2, EnergyClaim.None, 1_800_000_000_000),
        (signer ?? _gateway).Key).Bytes.ToArray();

    [Fact]
    public async Task ARecordWithTheOwnReceipt_IsLogged_AndAnsweredFromTheLog()
    {
        Serve();
        (ControlStream control, Signed<JobPlan> plan, byte[] receipt) = await FinishedAsync();
        byte[] record = Record(plan, receipt);
        await control.TrySendAsync(new ControlMessage.Record(record));
        Assert.Equal(new ControlMessage.Logged(1, Digest.Of(record)), await control.ReadAsync());
        Assert.Equal(record, Assert.Single(_stage.Log.Records));
        Assert.Null(await control.ReadAsync());
        Assert.Equal(0, _stage.Log.FailedCount);
    }

    [Fact]
    public async Task ARecordThatIsNotTheJobs_OrHidesTheReceipt_IsRefused_AndTheReceiptIsLoggedAlone()
    {
        Serve();
        foreach (int kind in Enumerable.Range(0, 6))
        {
            (ControlStream control, Signed<JobPlan> plan, byte[] receipt) = await FinishedAsync();
            byte[] record = kind switch
            {
                0 => Record(plan, null),
                1 => Record(plan, [.. receipt[..^1], (byte)(receipt[^1] ^ 1)]),
                2 => Record(plan, receipt, signer: _stranger),
                3 => Record(plan, receipt, job: new(7)),
                4 => Record(plan, receipt, epoch: 1),
                _ => [1, 2, 3],
            };
            await control.TrySendAsync(new ControlMessage.Record(record));
            Assert.Equal(RefusalCode.BadRecord, Assert.IsType<ControlMessage.Refused>(await control.ReadAsync()).Code);
            Assert.Equal(receipt, await _stage.Log.NextFailedAsync());
        }

        Assert.Empty(_stage.Log.Records);
    }

    [Fact]
    public async Task ALogThatTakesNothing_IsToldToTheGateway()
    {
        Serve();
        _stage.Log.IsBroken = true;
        (ControlStream control, Signed<JobPlan> plan, byte[] receipt) = await FinishedAsync();
        await control.TrySendAsync(new ControlMessage.Record(Record(plan, receipt)));
        Assert.Equal(RefusalCode.NotLogged, Assert.IsType<ControlMessage.Refused>(await control.ReadAsync()).Code);
    }

    [Fact]
    public async Task WithoutARecord_TheReceiptIsLoggedAlone_ThirtySecondsAfterFinish()
    {
        Serve();
        (ControlStream control, _, byte[] receipt) = await FinishedAsync();
        await control.TrySendAsync(new ControlMessage.Probe());
        Assert.IsType<ControlMessage.Progress>(await control.ReadAsync());
        _time.Advance(TimeSpan.FromSeconds(29));
        await control.TrySendAsync(new ControlMessage.Probe());
        Assert.IsType<ControlMessage.Progress>(await control.ReadAsync());
        Assert.Equal(0, _stage.Log.FailedCount);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(receipt, await _stage.Log.NextFailedAsync());
        Assert.Null(await control.ReadAsync());
    }

    [Fact]
    public async Task AfterAnAbort_ARecordIsAwaitedUntilTheDeadlineAndThirtySeconds()
    {
        Serve();
        (ControlStream control, _, byte[] receipt) = await FinishedAsync(abort: true);
        await control.TrySendAsync(new ControlMessage.Probe());
        Assert.IsType<ControlMessage.Progress>(await control.ReadAsync());
        _time.Advance(TimeSpan.FromMinutes(10));
        await control.TrySendAsync(new ControlMessage.Probe());
        Assert.IsType<ControlMessage.Progress>(await control.ReadAsync());
        Assert.Equal(0, _stage.Log.FailedCount);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(receipt, await _stage.Log.NextFailedAsync());
    }

    [Fact]
    public async Task AControlStreamThatEnds_BringsNoRecord_SoTheReceiptIsLoggedAtOnce()
    {
        Serve();
        (ControlStream control, _, byte[] receipt) = await FinishedAsync(abort: true);
        control.Reset();
        Assert.Equal(receipt, await _stage.Log.NextFailedAsync());
    }

    [Fact]
    public async Task MessagesOutOfPlace_EndTheStream()
    {
        Serve();
        (ControlStream early, _, Signed<JobPlan> plan) = await OpenAsync();
        await early.TrySendAsync(new ControlMessage.Record(Record(plan, null)));
        Assert.Null(await early.ReadAsync());
        (ControlStream again, _, _) = await FinishedAsync();
        await again.TrySendAsync(new ControlMessage.Finish(2));
        Assert.Null(await again.ReadAsync());
    }

    [Fact]
    public async Task WhatHappens_IsCounted()
    {
        using MeterListener listener = new();
        ConcurrentQueue<(string, double, object?)> seen = [];
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter.Name == "Aria.Pipeline" && instrument.Meter.Tags!.Any(tag => Equals(tag.Value, _stage.Id.ToString())))
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => seen.Enqueue((instrument.Name, value, null)));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen.Enqueue((instrument.Name, value, tags.Length > 0 ? tags[0].Value : null)));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen.Enqueue((instrument.Name, value >= 0 ? 0 : -1, null)));
        listener.Start();
        Serve();
        await RefusalOf(Plan() with { Network = "another" });
        await FinishedAsync();
        (ControlStream control, SessionKey session, _) = await OpenAsync(Plan(maxPositions: 16));
        PeerStream input = await _hand.BeginAsync(_stage, session);
        await _successor.BegunAsync();
        input.Reset();
        await FaultOf(control);
        Assert.Equal(
        [
            ("aria.pipeline.refusals", 1, "WrongNetwork"), ("aria.pipeline.sessions", 1, null), ("aria.pipeline.positions", 2, null),
            ("aria.pipeline.step.duration", 0, null), ("aria.pipeline.sessions", -1, null), ("aria.pipeline.sessions", 1, null), ("aria.pipeline.faults", 1, "PredecessorLost"),
        ], seen);
    }

    [Fact]
    public async Task EnergyIsClaimed_WhereTheOwnerGaveADesignPower()
    {
        Serve(energy: EnergyMeter.Open(1_000_000, 1, 2, "/nowhere"));
        (_, _, byte[] receipt) = await FinishedAsync();
        Assert.Equal(OpenStatus.Done, Signed.TryOpen(receipt, out Signed<StageReceipt>? signed));
        Assert.Equal(EnergyMethod.EstimateTdp, signed!.Value.Energy.Method);
    }
}
