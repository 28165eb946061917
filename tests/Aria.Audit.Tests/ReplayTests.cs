using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Provenance.Plans;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;
using Aria.Testing;
using Aria.Testing.Jobs;

namespace Aria.Audit.Tests;

public sealed class ReplayTests : IDisposable
{
    private static readonly SamplingParameters Sampled = new(0.8f, 40, 0.9f, 42);

    private readonly ModelFile _model = ModelFile.Open("aria-tiny");
    private readonly string _folder = Directory.CreateTempSubdirectory("aria-audit-").FullName;

    public void Dispose()
    {
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task AnHonestRecord_IsValid_WithoutATrace()
    {
        using SampleJob job = new(ComputedJob.Run(_model, _model, 12, Sampled), _model.Id);
        AuditVerdict verdict = await AuditAsync(job, job.Record(), withTraces: false);
        Assert.Empty(verdict.Findings);
        Assert.Equal(Verdict.Valid, verdict.Verdict);
        Assert.Equal((16, 2), (verdict.PositionsReplayed, verdict.ReceiptsCompared));
    }

    [Fact]
    public async Task BiasesOfThePlan_AreReplayed()
    {
        SamplingParameters biased = Sampled with { Biases = LogitBiases.Of([new(263, 4), new(400, -100)]) };
        using SampleJob job = new(ComputedJob.Run(_model, _model, 12, biased), _model.Id);
        AuditVerdict verdict = await AuditAsync(job, job.Record(), withTraces: false);
        Assert.Empty(verdict.Findings);
        Assert.Equal(Verdict.Valid, verdict.Verdict);
    }

    [Theory]
    [InlineData(1.3f, 0.5f, 0.25f, 0)]
    [InlineData(1, 0, 0, 5)]
    [InlineData(1, 2, 0, 1)]
    public async Task PenaltiesAndLogSumsOfThePlan_AreReplayed(float repetition, float frequency, float presence, int logProbabilities)
    {
        SamplingParameters penalised = Sampled with { Penalties = new(repetition, frequency, presence), LogProbabilities = logProbabilities };
        SampleActivations honest = ComputedJob.Run(_model, _model, 12, penalised);
        using SampleJob job = new(honest, _model.Id);
        Assert.Empty((await AuditAsync(job, job.Record(), withTraces: false)).Findings);
        Assert.Empty((await AuditAsync(job, job.FailoverRecord(), withTraces: false)).Findings);

        if (logProbabilities > 0)
        {
            using SampleJob lied = new(honest with { LogSum = position => honest.LogSum(position) + (position == 8 ? 0.5f : 0) }, _model.Id);
            AuditFinding wrong = (await AuditAsync(lied, lied.Record())).FirstWrong!;
            Assert.Equal((1, true, 8), (wrong.Stage!.Value, wrong.Head, wrong.Position!.Value));
        }
    }

    // The head's owner counts what it was told, and signs that it was told so: whoever tells it otherwise is found, and it is not.
    [Fact]
    public async Task AStageThatPassesAnotherTokenOn_IsNamed_AndTheHeadsOwnerIsNot()
    {
        SamplingParameters penalised = SamplingParameters.Greedy with { Penalties = new(1.5f, 0, 0) };
        SampleActivations honest = ComputedJob.Run(_model, _model, 8, penalised);
        using SampleJob job = new(honest, _model.Id), told = new(honest with { Prompt = honest.Prompt.SetItem(2, 77) }, _model.Id);
        _ = told.Key(3);
        Signed<JobPlan> plan = Signed.Seal(job.Plan(), job.Gateway);
        // Stage 0 read the right token and signs an output with another one; stage 1 got that.
        InferenceRecord record = job.Record(job.Attempt(plan.Value, receipt: own => told.Receipt(plan, own.Stage, own.PositionCount).Receipt is var other && own.Stage == 0
            ? own with { OutRoot = other.OutRoot }
            : other));
        AuditVerdict verdict = await AuditAsync(job, record, withTraces: false);
        Assert.Empty(verdict.Record.Findings);
        AuditFinding wrong = Assert.Single(verdict.Findings, finding => finding.Kind == AuditFindingKind.StageWrong);
        Assert.Equal((0, job.Key(1).Id), (wrong.Stage!.Value, wrong.Node!.Value));
        Assert.Equal(1, Assert.Single(verdict.Findings, finding => finding.Kind == AuditFindingKind.NotJudged).Stage);
    }

    [Fact]
    public async Task AnAttemptThatAsksForOtherCandidates_IsNotJudgedByThoseOfTheFirst()
    {
        using SampleJob job = new(ComputedJob.Run(_model, _model, 8, Sampled with { Penalties = new(1.2f, 0, 0) }), _model.Id);
        JobPlan second = job.Plan(1) with { Sampling = Sampled with { Penalties = new(1.3f, 0, 0) } };
        AuditVerdict verdict = await AuditAsync(job, job.Record(job.Attempt(job.Plan(), fault: "lost"), job.Attempt(second)), withTraces: false);
        Assert.DoesNotContain(verdict.Findings, finding => finding.Kind == AuditFindingKind.StageWrong);
        Assert.Equal(1, Assert.Single(verdict.Findings, finding => finding.Kind == AuditFindingKind.NotJudged).Epoch);
        Assert.Equal(Verdict.Invalid, verdict.Verdict);      // plans of one job that sample differently
    }

    [Fact]
    public async Task AFailover_IsReplayedForBothAttempts()
    {
        using SampleJob job = new(ComputedJob.Run(_model, _model, 12, Sampled), _model.Id);
        AuditVerdict verdict = await AuditAsync(job, job.FailoverRecord());
        Assert.Empty(verdict.Findings);
        Assert.Equal(3, verdict.ReceiptsCompared);
    }

    [Fact]
    public async Task OneFlippedTritInLayerFive_IsNamed_WithLayerAndPosition()
    {
        using ModelFile tampered = Tampered("blk.5.attn_v.weight");
        SampleActivations lied = ComputedJob.Run(_model, tampered, 12, Sampled);
        using SampleJob job = new(lied, _model.Id);
        AuditVerdict verdict = await AuditAsync(job, job.Record());

        (int layer, int position) = FirstDifference(lied);
        Assert.Equal(5, layer);
        AuditFinding wrong = verdict.FirstWrong!;
        Assert.Equal((1, job.Key(2).Id, 5, position), (wrong.Stage!.Value, wrong.Node!.Value, wrong.Layer!.Value, wrong.Position!.Value));
        Assert.Equal(Verdict.Invalid, verdict.Verdict);
        Assert.Empty(verdict.Record.Findings);       // by its bytes alone the record holds
    }

    [Fact]
    public async Task AStageBehindAWrongOne_IsNotJudged()
    {
        using ModelFile tampered = Tampered("blk.1.attn_v.weight");
        using SampleJob job = new(ComputedJob.Run(tampered, _model, 8, SamplingParameters.Greedy), _model.Id);
        AuditVerdict verdict = await AuditAsync(job, job.Record());
        Assert.Equal((0, 1), (verdict.FirstWrong!.Stage!.Value, verdict.FirstWrong.Layer!.Value));
        AuditFinding behind = Assert.Single(verdict.Findings, finding => finding.Stage == 1);
        Assert.Equal((AuditFindingKind.NotJudged, Verdict.Inconclusive), (behind.Kind, behind.Verdict));
    }

    [Fact]
    public async Task WithoutItsTrace_AWrongStage_IsStillNamed_ButNotTheLayer()
    {
        using ModelFile tampered = Tampered("blk.5.attn_v.weight");
        using SampleJob job = new(ComputedJob.Run(_model, tampered, 8, SamplingParameters.Greedy), _model.Id);
        AuditVerdict verdict = await AuditAsync(job, job.Record(), withTraces: false);
        Assert.Equal((1, null, null), (verdict.FirstWrong!.Stage!.Value, verdict.FirstWrong.Layer, verdict.FirstWrong.Position));
        Assert.Contains(verdict.Findings, finding => finding.Kind == AuditFindingKind.NoTrace && finding.Text.Contains("missing", StringComparison.Ordinal));
        Assert.Equal(Verdict.Invalid, verdict.Verdict);
    }

    [Fact]
    public async Task AnotherStagesTrace_IsNotBelieved()
    {
        using ModelFile tampered = Tampered("blk.5.attn_v.weight");
        using SampleJob job = new(ComputedJob.Run(_model, tampered, 8, SamplingParameters.Greedy), _model.Id);
        Signed<JobPlan> plan = Signed.Seal(job.Plan(), job.Gateway);
        AuditVerdict verdict = await Replay.RunAsync(
            job.Seal(job.Record()), job.Opening, _model,
            (_, _, _, _, _) => Task.FromResult<ReadOnlyMemory<byte>?>(job.Receipt(plan, 0, job.Activations.PositionCount).Trace.Encode()), new EngineOptions(), Token);
        Assert.Null(verdict.FirstWrong!.Layer);
        Assert.Contains(verdict.Findings, finding => finding.Text.Contains("not the one that the receipt commits to", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OneWrongBitInOneRow_IsFoundWhereItIs()
    {
        SampleActivations honest = ComputedJob.Run(_model, _model, 8, SamplingParameters.Greedy);
        SampleActivations lied = honest with
        {
            Row = (boundary, position) => (boundary, position) == (7, 9)
                ? [.. honest.Row(7, 9).Select((value, i) => i == 200 ? BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) ^ 1) : value)]
                : honest.Row(boundary, position),
        };
        using SampleJob job = new(lied, _model.Id);
        AuditVerdict verdict = await AuditAsync(job, job.Record());
        Assert.Empty(verdict.Findings);       // within a stage only its ends are signed against another's, and they are right

        using SampleJob three = new(lied, _model.Id);
        InferenceRecord record = three.Record(three.Attempt(three.Plan(0, null, (1, three.Span(0, 7)), (2, three.Span(7, 8)))));
        verdict = await AuditAsync(three, record);
        AuditFinding wrong = verdict.FirstWrong!;
        Assert.Equal((0, 6, 9), (wrong.Stage!.Value, wrong.Layer!.Value, wrong.Position!.Value));
    }

    [Fact]
    public async Task WrongCandidates_AreTheHeads()
    {
        SampleActivations honest = ComputedJob.Run(_model, _model, 8, SamplingParameters.Greedy);
        using SampleJob job = new(honest with { Candidates = position => position == 6 ? [new(17, 3f)] : honest.Candidates(position) }, _model.Id);
        AuditVerdict verdict = await AuditAsync(job, job.Record());
        AuditFinding wrong = verdict.FirstWrong!;
        Assert.Equal((1, true, null, 6), (wrong.Stage!.Value, wrong.Head, wrong.Layer, wrong.Position!.Value));
    }

    [Fact]
    public async Task ATokenThatTheSamplerDoesNotChoose_IsTheGateways()
    {
        SampleActivations honest = ComputedJob.Run(_model, _model, 8, SamplingParameters.Greedy);
        using SampleJob job = new(honest with { Output = [.. honest.Output[..^1], honest.Output[^1] ^ 1] }, _model.Id);
        AuditVerdict verdict = await AuditAsync(job, job.Record());
        AuditFinding wrong = Assert.Single(verdict.Findings);
        Assert.Equal((AuditFindingKind.TokenWrong, job.Gateway.Id, 12), (wrong.Kind, wrong.Node!.Value, wrong.Position!.Value));
        Assert.Equal(Verdict.Invalid, verdict.Verdict);
    }

    [Fact]
    public async Task AnOpeningOfSomethingElse_IsRefused()
    {
        using SampleJob job = new(ComputedJob.Run(_model, _model, 4, SamplingParameters.Greedy), _model.Id);
        Opening right = job.Opening;
        Opening[] wrong =
        [
            right with { Job = new(1) },
            right with { Prompt = [.. right.Prompt[..^1], 7] },
            right with { PromptSalt = SampleJob.Bytes(1) },
            right with { Output = [.. right.Output, 7] },
            right with { OutputSalt = SampleJob.Bytes(1) },
            right with { JobKey = SampleJob.Bytes(1) },
        ];
        foreach (Opening opening in wrong)
        {
            AuditVerdict verdict = await Replay.RunAsync(job.Seal(job.Record()), opening, _model, null, new EngineOptions(), Token);
            Assert.Equal(AuditFindingKind.OpeningRefused, Assert.Single(verdict.Findings).Kind);
            Assert.Equal((Verdict.Inconclusive, 0), (verdict.Verdict, verdict.PositionsReplayed));
        }
    }

    [Fact]
    public async Task AnotherModel_IsInconclusive_AndABrokenRecord_Invalid()
    {
        using ModelFile other = Tampered("blk.0.attn_v.weight");
        using SampleJob job = new(ComputedJob.Run(_model, _model, 4, SamplingParameters.Greedy), _model.Id);
        AuditVerdict verdict = await Replay.RunAsync(job.Seal(job.Record()), job.Opening, other, null, new EngineOptions(), Token);
        Assert.Equal(AuditFindingKind.OtherModel, Assert.Single(verdict.Findings).Kind);
        Assert.Equal(Verdict.Inconclusive, verdict.Verdict);
        byte[] spoiled = job.Seal(job.Record()).ToArray();
        spoiled[^1] ^= 1;
        verdict = await Replay.RunAsync(spoiled, job.Opening, _model, null, new EngineOptions(), Token);
        Assert.Equal((AuditFindingKind.Record, Verdict.Invalid), (Assert.Single(verdict.Findings).Kind, verdict.Verdict));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ModelFile Tampered(string tensor) => TamperedModel.Open(
        Path.Combine(Fixtures.RepositoryRoot, "src", "Aria.Engine", "Models", "BuiltIn", "aria-tiny.gguf"), tensor, Path.Combine(_folder, $"{Guid.NewGuid():N}.gguf"));

    private Task<AuditVerdict> AuditAsync(SampleJob job, InferenceRecord record, bool withTraces = true) => Replay.RunAsync(
        job.Seal(record), job.Opening, _model,
        withTraces
            ? (node, _, epoch, stage, _) =>
            {
                RecordAttempt attempt = record.Attempts.Single(one => one.Epoch == epoch);
                Assert.Equal(OpenStatus.Done, Signed.TryOpen(attempt.Plan, out Signed<JobPlan>? plan));
                return Task.FromResult<ReadOnlyMemory<byte>?>(job.Receipt(plan!, stage, attempt.PositionCount).Trace.Encode());
            }
            : null,
        new EngineOptions(), Token);

    // What the tampered second half gave against what the model gives, by position and then by layer: found without any digest.
    private (int Layer, int Position) FirstDifference(SampleActivations lied)
    {
        int half = lied.Layers / 2;
        using SpanEngine engine = new(_model, new(false, LayerRange.Of(half, lied.Layers), true), new EngineOptions());
        using KvCache cache = engine.CreateCache(LayerRange.Of(half, lied.Layers), lied.PositionCount);
        (int, int)? first = null;
        for (int position = 0; position < lied.PositionCount && first is null; position++)
        {
            engine.Forward(cache, position, lied.Row(half, position).ToArray(), (boundary, at, row) =>
            {
                if (first is null && !row.SequenceEqual(lied.Row(boundary, at)))
                {
                    first = (boundary - 1, at);
                }
            });
        }

        return first ?? throw new InvalidOperationException("The tampered model computes what the model computes.");
    }
}
