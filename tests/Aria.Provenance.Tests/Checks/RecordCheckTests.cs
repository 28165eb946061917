using Aria.Provenance.Checks;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;
using Aria.Testing.Jobs;
using Aria.Wire.Signing;

namespace Aria.Provenance.Tests.Checks;

public sealed class RecordCheckTests : IDisposable
{
    private readonly SampleJob _job = new();

    public void Dispose() => _job.Dispose();

    [Fact]
    public void HonestRecord_IsValidWithoutAFinding()
    {
        RecordCheckResult result = RecordCheck.Verify(_job.Seal(_job.Record()), _job.Activations.Layers);
        Assert.Empty(result.Findings);
        Assert.Equal(Verdict.Valid, result.Verdict);
        Assert.Equal(1 + 1 + 2 + 2, result.SignatureCount);
        Assert.Equal(2, result.Attempts[0].Receipts.Length);
    }

    [Fact]
    public void FailedAttemptWithoutAReceipt_IsValidAndSaysSo()
    {
        RecordCheckResult result = RecordCheck.Verify(_job.Seal(_job.FailoverRecord()), _job.Activations.Layers);
        Assert.Equal(Verdict.Valid, result.Verdict);
        Assert.Equal([RecordFindingKind.AttemptFailed, RecordFindingKind.ReceiptMissing], result.Findings.Select(f => f.Kind));
        Assert.Equal((0, 1, _job.Key(2).Id), (result.Findings[1].Epoch, result.Findings[1].Stage, result.Findings[1].Node));
    }

    [Fact]
    public void OneStageAndHeadAlone_AreValid()
    {
        Assert.Equal(Verdict.Valid, Verify(_job.Record(_job.Attempt(_job.Plan(0, 4, (1, StageSpan.Whole(4)))))).Verdict);
        RecordAttempt head = _job.Attempt(_job.Plan(0, 4, (1, new(true, LayerRange.Of(0, 4), false)), (2, new(false, LayerRange.Of(4, 4), true))));
        Assert.Empty(Verify(_job.Record(head)).Findings);
    }

    [Fact]
    public void MissingReceiptBehindTheAnswer_IsInconclusive()
    {
        RecordCheckResult result = Verify(_job.Record(_job.Attempt(_job.Plan(), receipt: r => r.Stage == 1 ? null : r)));
        Assert.Equal(Verdict.Inconclusive, result.Verdict);
        Only(result, RecordFindingKind.ReceiptMissing, FindingWeight.Gap);
    }

    [Fact]
    public void MissingAcceptance_IsAFactBesideTheReceipt() =>
        Only(Verify(_job.Record(_job.Attempt(_job.Plan(), acceptance: (stage, signature) => stage == 0 ? null : signature))),
            RecordFindingKind.AcceptanceMissing, FindingWeight.Fact);

    [Fact]
    public void BrokenLink_NamesBothNodes()
    {
        RecordCheckResult result = Verify(_job.Record(_job.Attempt(_job.Plan(), receipt: r => r.Stage == 1 ? r with { InRoot = SampleJob.Bytes(9) } : r)));
        RecordFinding finding = Only(result, RecordFindingKind.Link, FindingWeight.Violation);
        Assert.Equal((_job.Key(2).Id, _job.Key(1).Id), (finding.Node, finding.Other));
    }

    [Fact]
    public void HeadAloneThatChangesTheResidual_IsABrokenLink() =>
        Only(Verify(_job.Record(_job.Attempt(
            _job.Plan(0, 4, (1, new(true, LayerRange.Of(0, 4), false)), (2, new(false, LayerRange.Of(4, 4), true))),
            receipt: r => r.Stage == 1 ? r with { OutRoot = SampleJob.Bytes(9) } : r))),
            RecordFindingKind.Link, FindingWeight.Violation);

    [Fact]
    public void NeighboursOfAFailedAttemptWithDifferentPositions_LeaveTheLinkOpen()
    {
        RecordAttempt uneven = _job.Attempt(_job.Plan(), 6, "the client went away");
        Signed<JobPlan> plan = Signed.Seal(_job.Plan(), _job.Gateway);
        uneven = uneven with { Receipts = [uneven.Receipts[0], Signed.Seal(_job.Receipt(plan, 1, 5).Receipt, _job.Key(2)).Bytes.ToArray()] };
        RecordCheckResult result = Verify(_job.Record(uneven) with { Finish = FinishReason.Cancelled });
        Assert.Equal(Verdict.Valid, result.Verdict);
        Assert.Equal([RecordFindingKind.AttemptFailed, RecordFindingKind.LinkOpen], result.Findings.Select(f => f.Kind));
    }

    [Theory]
    [InlineData("0-2,2-3", RecordFindingKind.Cover)]        // the head is missing and so is layer 3
    [InlineData("0-2,3-4", RecordFindingKind.Cover)]        // a gap
    [InlineData("0-3,2-4", RecordFindingKind.Cover)]        // an overlap
    [InlineData("1-2,2-4", RecordFindingKind.Cover)]        // no embedding, no layer 0
    [InlineData("2-4,0-2", RecordFindingKind.Cover)]        // out of order
    [InlineData("0-2,2-2,2-4", RecordFindingKind.Cover)]    // a stage that does nothing
    public void StagesThatDoNotCoverTheModel_AreFound(string spans, RecordFindingKind kind)
    {
        (int, StageSpan)[] stages = [.. spans.Split(',').Select((text, i) => (i + 1, _job.Span(text[0] - '0', text[2] - '0')))];
        RecordCheckResult result = Verify(_job.Record(_job.Attempt(_job.Plan(0, 4, stages))));
        Assert.Equal(Verdict.Invalid, result.Verdict);
        Assert.Contains(kind, result.Findings.Select(f => f.Kind));
    }

    [Fact]
    public void ModelWithMoreLayers_IsNotCovered()
    {
        Only(RecordCheck.Verify(_job.Seal(_job.Record()), 5), RecordFindingKind.Cover, FindingWeight.Violation);
        Assert.Empty(RecordCheck.Verify(_job.Seal(_job.Record())).Findings);
    }

    [Fact]
    public void ReceiptOfAnotherPlan_IsAMismatch()
    {
        StageReceipt? Other(StageReceipt receipt) => receipt with { Plan = SampleJob.Bytes(7) };
        RecordCheckResult result = Verify(_job.Record(_job.Attempt(_job.Plan(), receipt: Other)) with { Energy = EnergyClaim.None });
        Assert.All(result.Findings, finding => Assert.Equal(RecordFindingKind.ReceiptMismatch, finding.Kind));
        Assert.Equal(2, result.Findings.Length);
        Assert.Equal(Verdict.Invalid, result.Verdict);
    }

    [Fact]
    public void ReceiptOfAnotherNode_IsAMismatch() =>
        Contains(_job.Record(_job.Attempt(_job.Plan(0, 4, (1, _job.Span(0, 2)), (2, _job.Span(2, 4))),
            receipt: r => r.Stage == 0 ? r with { Node = _job.Key(3).Id } : r)), RecordFindingKind.ReceiptMismatch);

    [Theory]
    [InlineData("positions")]
    [InlineData("first")]
    public void ReceiptWithOtherPositions_IsFound(string what)
    {
        StageReceipt? Change(StageReceipt r) => what == "first"
            ? r with { FirstPosition = 1, PositionCount = 6, Head = r.Head is { } h ? h with { FirstPosition = 4 } : null }
            : r with { PositionCount = 8, Head = r.Head is { } head ? head with { Count = 4 } : null };
        RecordCheckResult result = Verify(_job.Record(_job.Attempt(_job.Plan(), receipt: Change)));
        Assert.Equal([RecordFindingKind.Positions, RecordFindingKind.Positions], result.Findings.Select(f => f.Kind));
    }

    [Fact]
    public void HeadThatSignsFewerCandidates_IsFound() =>
        Only(Verify(_job.Record(_job.Attempt(_job.Plan(), receipt: r => r.Head is { } head ? r with { Head = head with { Count = 2 } } : r))),
            RecordFindingKind.HeadPositions, FindingWeight.Violation);

    [Fact]
    public void StageWithoutHeadThatSignsCandidates_IsFound() =>
        Only(Verify(_job.Record(_job.Attempt(_job.Plan(), receipt: r => r.Head is null ? r with { Head = new(4, 3, SampleJob.Bytes(1)) } : r))),
            RecordFindingKind.HeadPositions, FindingWeight.Violation);

    [Theory]
    [InlineData("job")]
    [InlineData("network")]
    [InlineData("model")]
    [InlineData("numeric spec")]
    [InlineData("prompt")]
    [InlineData("epoch")]
    public void PlanOfSomethingElse_IsAMismatch(string what)
    {
        RecordAttempt attempt = _job.Attempt(_job.Plan());
        InferenceRecord record = _job.Record(attempt);
        record = what switch
        {
            "job" => record with { Job = new(5) },
            "network" => record with { Network = "another" },
            "model" => record with { Model = new(SampleJob.Bytes(1)) },
            "numeric spec" => record with { NumericSpec = "ARIA-NUM-2" },
            "prompt" => record with { PromptCommitment = SampleJob.Bytes(1) },
            _ => record with { Attempts = [attempt with { Epoch = 3 }] },
        };
        RecordCheckResult result = Verify(record);
        Assert.Contains(result.Findings, f => f.Kind == RecordFindingKind.PlanMismatch && f.Text.EndsWith(what, StringComparison.Ordinal));
        Assert.Equal(Verdict.Invalid, result.Verdict);
    }

    [Fact]
    public void PlanOfAnotherGateway_IsAMismatch() =>
        Contains(_job.Record(_job.Attempt(_job.Plan() with { Gateway = _job.Key(1).Id })), RecordFindingKind.PlanMismatch);

    [Fact]
    public void AttemptsThatSampleDifferently_AreAMismatch() =>
        Contains(_job.Record(_job.Attempt(_job.Plan(), 6, "lost"), _job.Attempt(_job.Plan(1) with { Sampling = SamplingParameters.Greedy })),
            RecordFindingKind.PlanMismatch);

    [Fact]
    public void EpochsThatDoNotRise_AreFound() =>
        Contains(_job.Record(_job.Attempt(_job.Plan(1), 6, "lost"), _job.Attempt(_job.Plan(1))), RecordFindingKind.EpochOrder);

    [Fact]
    public void MissingPlaces_AreFound()
    {
        RecordAttempt attempt = _job.Attempt(_job.Plan());
        Contains(_job.Record(attempt with { Acceptances = [null] }), RecordFindingKind.StageCount);
        Contains(_job.Record(attempt with { Receipts = [] }), RecordFindingKind.StageCount);
    }

    [Theory]
    [InlineData(5, 4, 7)]       // one position too few for the tokens
    [InlineData(5, 2, 7)]       // one too many
    [InlineData(0, 3, 2)]       // no prompt
    [InlineData(7, 0, 6)]       // an end without a token
    public void CountsThatDoNotFit_AreFound(int prompt, int completion, int positions) =>
        Contains(_job.Record(_job.Attempt(_job.Plan(), positions)) with { PromptTokens = prompt, CompletionTokens = completion }, RecordFindingKind.Counts);

    [Fact]
    public void EndAfterAFailedAttempt_IsFound() =>
        Contains(_job.Record(_job.Attempt(_job.Plan(), 7, "lost")), RecordFindingKind.Counts);

    [Fact]
    public void CandidatesFromOutsideTheAnswer_AreFound()
    {
        Contains(_job.Record(_job.Attempt(_job.Plan(0, 3))), RecordFindingKind.Counts);
        Contains(_job.Record(_job.Attempt(_job.Plan(0, 7))), RecordFindingKind.Counts);
    }

    [Fact]
    public void MorePositionsThanThePlanHasRoomFor_AreFound() =>
        Contains(_job.Record(_job.Attempt(_job.Plan() with { MaxPositions = 7 }) with { PositionCount = 8 }), RecordFindingKind.Positions);

    [Fact]
    public void FailedJobWithoutAnAttempt_IsValid() =>
        Assert.Empty(Verify(_job.Record() with { Attempts = [], Finish = FinishReason.Failed, Energy = EnergyClaim.None }).Findings);

    [Fact]
    public void Times_MustFit()
    {
        Contains(_job.Record() with { FirstTokenMicroseconds = 90_001 }, RecordFindingKind.Timing);
        Contains(_job.Record(_job.Attempt(_job.Plan(), receipt: r => r with { FinishedUnixMs = 0 })), RecordFindingKind.Timing);
    }

    [Fact]
    public void Energy_IsTheSumOfOneMethodOrNone()
    {
        EnergyClaim Of(EnergyMethod method) => new(method, 10, 20);
        RecordAttempt mixed = _job.Attempt(_job.Plan(), receipt: r => r with { Energy = Of(r.Stage == 0 ? EnergyMethod.Rapl : EnergyMethod.EstimateTdp) });
        Assert.Equal(EnergyClaim.None, _job.Record(mixed).Energy);
        Assert.Empty(Verify(_job.Record(mixed)).Findings);
        Contains(_job.Record(mixed) with { Energy = new(EnergyMethod.Rapl, 20, 40) }, RecordFindingKind.Energy);
        Assert.Equal(new(EnergyMethod.EstimateTdp, 200, 600), _job.Record().Energy);
        Contains(_job.Record() with { Energy = EnergyClaim.None }, RecordFindingKind.Energy);
        Assert.Equal(long.MaxValue, EnergyClaim.Total([new(EnergyMethod.Rapl, 1, long.MaxValue), new(EnergyMethod.Rapl, 1, 5)]).HighMillijoules);
    }

    [Fact]
    public void WrongSignatures_AreFoundWhereTheyStand()
    {
        RecordAttempt attempt = _job.Attempt(_job.Plan());
        byte[] acceptance = [.. attempt.Acceptances[0]!];
        acceptance[3] ^= 1;
        Contains(_job.Record(attempt with { Acceptances = [acceptance, attempt.Acceptances[1]] }), RecordFindingKind.AcceptanceSignature);
        Contains(_job.Record(attempt with { Acceptances = [attempt.Acceptances[1], attempt.Acceptances[0]] }), RecordFindingKind.AcceptanceSignature);
        Contains(_job.Record(attempt with { Plan = Damaged(attempt.Plan) }), RecordFindingKind.PlanSignature);
        Contains(_job.Record(attempt with { Plan = [0xc0] }), RecordFindingKind.PlanUnreadable);
        Contains(_job.Record(attempt with { Receipts = [Damaged(attempt.Receipts[0]!), attempt.Receipts[1]] }), RecordFindingKind.ReceiptSignature);
        Contains(_job.Record(attempt with { Receipts = [[1], attempt.Receipts[1]] }), RecordFindingKind.ReceiptUnreadable);
        Only(RecordCheck.Verify(Damaged(_job.Seal(_job.Record()))), RecordFindingKind.RecordSignature, FindingWeight.Violation);
    }

    [Fact]
    public void AnotherKindsSignature_DoesNotPass()
    {
        byte[] payload = _job.Plan().Encode();
        byte[] crossed = SignedBytes.Seal(_job.Gateway, InferenceRecord.Domain, InferenceRecord.PayloadType, payload).Encode();
        Assert.Equal(OpenStatus.WrongSignature, Signed.TryOpen(crossed, out Signed<JobPlan>? _));
    }

    [Fact]
    public void UnreadableRecords_AreNamed()
    {
        ReadOnlyMemory<byte> good = _job.Seal(_job.Record());
        Only(RecordCheck.Verify(new byte[Limits.RecordBytes + 100]), RecordFindingKind.TooLong, FindingWeight.Violation);
        Only(RecordCheck.Verify(good[..^1]), RecordFindingKind.NotCanonical, FindingWeight.Violation);
        Only(RecordCheck.Verify((byte[])[.. good.Span, 0]), RecordFindingKind.NotCanonical, FindingWeight.Violation);
        Only(RecordCheck.Verify(ReadOnlyMemory<byte>.Empty), RecordFindingKind.NotCanonical, FindingWeight.Violation);
        byte[] payload = _job.Record().Encode();
        payload[3] = 2;                             // array16 of 16 elements takes three bytes, the version is the fourth
        byte[] later = SignedBytes.Seal(_job.Gateway, InferenceRecord.Domain, InferenceRecord.PayloadType, payload).Encode();
        Only(RecordCheck.Verify(later), RecordFindingKind.UnknownVersion, FindingWeight.Violation);
    }

    [Fact]
    public void NoChangedByte_GivesValid()
    {
        byte[] good = _job.Seal(_job.FailoverRecord()).ToArray();
        for (int i = 0; i < good.Length; i++)
        {
            byte[] changed = [.. good];
            changed[i] ^= (byte)(1 << (i % 8));
            Assert.Equal(Verdict.Invalid, RecordCheck.Verify(changed).Verdict);
        }
    }

    private RecordCheckResult Verify(InferenceRecord record) => RecordCheck.Verify(_job.Seal(record), _job.Activations.Layers);

    private void Contains(InferenceRecord record, RecordFindingKind kind)
    {
        RecordCheckResult result = Verify(record);
        Assert.Contains(kind, result.Findings.Select(f => f.Kind));
        Assert.Equal(Verdict.Invalid, result.Verdict);
    }

    private static RecordFinding Only(RecordCheckResult result, RecordFindingKind kind, FindingWeight weight)
    {
        RecordFinding finding = Assert.Single(result.Findings);
        Assert.Equal((kind, weight), (finding.Kind, finding.Weight));
        return finding;
    }

    private static byte[] Damaged(ReadOnlyMemory<byte> bytes)
    {
        byte[] changed = bytes.ToArray();
        changed[^1] ^= 1;
        return changed;
    }
}
