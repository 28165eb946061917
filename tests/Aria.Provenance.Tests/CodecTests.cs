using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;
using Aria.Testing.Jobs;

namespace Aria.Provenance.Tests;

public sealed class CodecTests : IDisposable
{
    private readonly SampleJob _job = new();

    private delegate OpenStatus Decode(ReadOnlySpan<byte> bytes, out byte[]? again);

    public void Dispose() => _job.Dispose();

    [Theory]
    [InlineData("plan")]
    [InlineData("plan with penalties")]
    [InlineData("receipt")]
    [InlineData("head receipt")]
    [InlineData("trace")]
    [InlineData("opening")]
    [InlineData("record")]
    [InlineData("failover record")]
    public void OneSpelling_AndNoOther(string what)
    {
        (byte[] bytes, Decode decode) = Sample(what);
        Assert.Equal(OpenStatus.Done, decode(bytes, out byte[]? again));
        Assert.Equal(bytes, again);

        for (int length = 0; length < bytes.Length; length += bytes.Length > 1000 ? 37 : 1)
        {
            Assert.Equal(OpenStatus.NotCanonical, decode(bytes.AsSpan(0, length), out _));
        }

        Assert.Equal(OpenStatus.NotCanonical, decode([.. bytes, 0], out _));
        for (int i = 0; i < bytes.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] changed = [.. bytes];
                changed[i] ^= (byte)(1 << bit);
                if (decode(changed, out byte[]? spelled) == OpenStatus.Done)
                {
                    Assert.Equal(changed, spelled);     // another value, in its only spelling
                }
            }
        }
    }

    [Theory]
    [InlineData("plan", 1, 1)]
    [InlineData("plan with penalties", 3, 2)]
    [InlineData("receipt", 3, 1)]
    [InlineData("trace", 1, 1)]
    [InlineData("opening", 1, 1)]
    [InlineData("record", 3, 1)]
    public void LaterVersion_IsRefusedByName(string what, int at, int version)
    {
        (byte[] bytes, Decode decode) = Sample(what);
        Assert.Equal(version, bytes[at]);
        bytes[at] = 3;
        Assert.Equal(OpenStatus.UnknownVersion, decode(bytes, out _));
    }

    private JobPlan Penalised() => _job.Plan() with { Sampling = new(0.5f, 0, 1, 7) { Penalties = new(1.25f, 0.5f, -1), LogProbabilities = 5 }, AnswerFrom = 5 };

    // What asks for nothing new keeps the spelling that every reader knows; what asks for more has no other than the new one.
    [Fact]
    public void APlansVersion_FollowsFromWhatItAsks()
    {
        byte[] plain = _job.Plan().Encode(), more = Penalised().Encode();
        Assert.Equal([0x9f, 1], plain[..2]);
        Assert.Equal([0xdc, 0, 16, 2], more[..4]);
        Assert.Equal(OpenStatus.NotCanonical, JobPlan.TryDecode([0x9f, 1, .. more[4..^1]], out _));
        Assert.Equal(OpenStatus.NotCanonical, JobPlan.TryDecode([0xdc, 0, 16, 2, .. plain[2..], 5], out _));
    }

    [Fact]
    public void Plan_RefusesWhatCannotBe()
    {
        Refused(_job.Plan() with { Network = "" });
        Refused(_job.Plan() with { Network = new('n', 65) });
        Refused(_job.Plan() with { Stages = [] });
        Refused(_job.Plan() with { HeadFrom = 64 });
        Refused(_job.Plan() with { CreatedUnixMs = long.MaxValue });
        Refused(_job.Plan() with { Sampling = new(2.5f, 0, 1, 0) });
        Refused(_job.Plan() with { Sampling = new(-0f, 0, 1, 0) });
        Refused(_job.Plan() with { Sampling = new(float.NaN, 0, 1, 0) });
        Refused(_job.Plan() with { Sampling = new(1, 257, 1, 0) });
        Refused(_job.Plan() with { Sampling = new(1, 0, 0, 0) });
        Refused(_job.Plan() with { Sampling = new(1, 0, 1.5f, 0) });
        Refused(_job.Plan() with { Sampling = new(1, 0, 1, 0) { MinP = 1.5f } });
        Refused(_job.Plan() with { Sampling = new(1, 0, 1, 0) { MinP = -0f } });
        SamplingParameters adjusted = new(1, 0, 1, 0) { MinP = 0.05f, Biases = LogitBiases.Of([new(7, -100), new(uint.MaxValue, 0.5f)]) };
        Assert.Equal(adjusted, RoundTrip(_job.Plan() with { Sampling = adjusted }).Sampling);
        Refused(Penalised() with { AnswerFrom = 0 });
        Refused(Penalised() with { AnswerFrom = 6 });          // behind head_from + 1
        foreach (RepetitionPenalties wrong in (RepetitionPenalties[])[new(0, 0, 0), new(2.5f, 0, 0), new(-1, 0, 0), new(1, 2.5f, 0), new(1, 0, -2.5f), new(1, float.NaN, 0)])
        {
            Refused(Penalised() with { Sampling = Penalised().Sampling with { Penalties = wrong } });
        }

        Refused(Penalised() with { Sampling = Penalised().Sampling with { LogProbabilities = 21 } });
        foreach (SamplingParameters more in (SamplingParameters[])[adjusted with { Penalties = new(2, -2, 0.5f) }, adjusted with { LogProbabilities = 20 }, adjusted with { Penalties = new(1, 0, -0.5f), LogProbabilities = 1 }])
        {
            JobPlan read = RoundTrip(_job.Plan() with { Sampling = more, AnswerFrom = 5 });
            Assert.Equal((more, 5), (read.Sampling, read.AnswerFrom));
        }

        Assert.Equal(new(2, 256, 1, ulong.MaxValue), RoundTrip(_job.Plan() with { Sampling = new(2, 256, 1, ulong.MaxValue) }).Sampling);

        void Refused(JobPlan plan)
        {
            Assert.Equal(OpenStatus.NotCanonical, JobPlan.TryDecode(plan.Encode(), out _));
            Assert.Throws<ArgumentException>(() => Signed.Seal(plan, _job.Gateway));
        }

        static JobPlan RoundTrip(JobPlan plan)
        {
            Assert.Equal(OpenStatus.Done, JobPlan.TryDecode(plan.Encode(), out JobPlan? read));
            Assert.Equal(plan, read);
            return read!;
        }
    }

    [Fact]
    public void LargestPlanAndReceipt_FitTheirBounds()
    {
        JobPlan plan = _job.Plan() with
        {
            Network = new('n', 64),
            NumericSpec = new('s', 64),
            Epoch = int.MaxValue,
            Stages = [.. Enumerable.Range(0, Limits.Stages).Select(i => new PlanStage(_job.Key(1).Id, new(true, LayerRange.Of(Limits.Layers, Limits.Layers), true)))],
            Sampling = new(2, 256, 1, ulong.MaxValue)
            {
                MinP = 1,
                Biases = LogitBiases.Of(Enumerable.Range(0, LogitBiases.MaxCount).Select(i => new LogitBias(uint.MaxValue - (uint)i, -100))),
            },
            HeadFrom = Limits.Positions - 1,
            MaxPositions = Limits.Positions,
            CreatedUnixMs = long.MaxValue,
            DeadlineUnixMs = long.MaxValue,
        };
        Assert.InRange(plan.Encode().Length, 0, Limits.PlanBytes);
        StageReceipt receipt = _job.Receipt(Signed.Seal(_job.Plan(), _job.Gateway), 1, 7).Receipt with
        {
            Epoch = int.MaxValue,
            PositionCount = Limits.Positions,
            Head = new(Limits.Positions - 1, 1, default),
            ComputeMicroseconds = long.MaxValue,
            Energy = new(EnergyMethod.EstimateTdp, long.MaxValue, long.MaxValue),
            StartedUnixMs = long.MaxValue,
            FinishedUnixMs = long.MaxValue,
        };
        Assert.InRange(receipt.Encode().Length, 0, Limits.ReceiptBytes);
    }

    [Fact]
    public void Signed_OpensForTheSignerAlone()
    {
        Signed<JobPlan> plan = Signed.Seal(_job.Plan(), _job.Gateway);
        Assert.Equal(OpenStatus.Done, Signed.TryOpen(plan.Bytes, out Signed<JobPlan>? read));
        Assert.Equal(plan.Value, read!.Value);
        Assert.Equal(Digest.Of(_job.Plan().Encode()), read.PayloadDigest);
        Assert.Throws<ArgumentException>(() => Signed.Seal(_job.Plan(), _job.Key(1)));
        Assert.Equal(OpenStatus.TooLong, Signed.TryOpen(new byte[Limits.PlanBytes + 80], out Signed<JobPlan>? none));
        Assert.Null(none);
    }

    [Fact]
    public void Opening_TellsNothingWhenPrinted() =>
        Assert.Equal($"opening of job {_job.Job}", _job.Opening.ToString());

    [Fact]
    public void Commitment_IsSalted()
    {
        Assert.NotEqual(TokenCommitment.Of(SampleJob.Bytes(1), [1, 2]), TokenCommitment.Of(SampleJob.Bytes(2), [1, 2]));
        Assert.Equal(
            Digest.Of([.. "aria/commit/1"u8, .. SampleJob.Seed(1), 1, 0, 0, 0, 0, 2, 0, 0]),
            TokenCommitment.Of(SampleJob.Bytes(1), [1, 512]));
    }

    private (byte[] Bytes, Decode Decode) Sample(string what)
    {
        Signed<JobPlan> plan = Signed.Seal(_job.Plan(), _job.Gateway);
        return what switch
        {
            "plan" => (plan.Value.Encode(), Of<JobPlan>()),
            "plan with penalties" => (Penalised().Encode(), Of<JobPlan>()),
            "receipt" => (_job.Receipt(plan, 0, 7).Receipt.Encode(), Of<StageReceipt>()),
            "head receipt" => (_job.Receipt(plan, 1, 7).Receipt.Encode(), Of<StageReceipt>()),
            "record" => (_job.Record().Encode(), Of<InferenceRecord>()),
            "failover record" => (_job.FailoverRecord().Encode(), Of<InferenceRecord>()),
            "trace" => (_job.Receipt(plan, 1, 7).Trace.Encode(), (ReadOnlySpan<byte> bytes, out byte[]? again) =>
            {
                OpenStatus status = StageTrace.TryDecode(bytes, out StageTrace? value);
                again = value?.Encode();
                return status;
            }),
            _ => (_job.Opening.Encode(), (ReadOnlySpan<byte> bytes, out byte[]? again) =>
            {
                OpenStatus status = Opening.TryDecode(bytes, out Opening? value);
                again = value?.Encode();
                return status;
            }),
        };
    }

    private static Decode Of<T>()
        where T : class, ISignedPayload<T> => (ReadOnlySpan<byte> bytes, out byte[]? again) =>
    {
        OpenStatus status = T.TryDecode(bytes, out T? value);
        again = value?.Encode();
        return status;
    };
}
