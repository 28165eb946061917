using System.Collections.Immutable;
using System.Text.Json;
using Aria.Provenance.Activations;
using Aria.Provenance.Checks;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;
using Aria.Testing.Jobs;
using Aria.Testing;

namespace Aria.Provenance.Tests;

/// <summary>specs/vectors/provenance, written by another implementation: this one must give the same bytes and the same findings.</summary>
public sealed class VectorTests : IDisposable
{
    private static readonly JsonElement Vectors = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "provenance", "vectors.json"))).RootElement;

    private readonly SampleJob _job = new();

    public static TheoryData<string> CheckNames => [.. Vectors.GetProperty("checks").EnumerateArray().Select(row => row.GetProperty("name").GetString()!)];

    public void Dispose() => _job.Dispose();

    [Fact]
    public void Digests()
    {
        using ActivationHash hash = new(_job.Opening.JobKey.Span, _job.Job);
        foreach (JsonElement row in Vectors.GetProperty("digests").EnumerateArray())
        {
            int boundary = row.GetProperty("boundary").GetInt32(), position = row.GetProperty("position").GetInt32();
            ImmutableArray<uint> tokens = _job.Activations.Tokens;
            Digest made = boundary switch
            {
                0 => hash.OfToken(position, tokens[position]),
                _ when boundary == _job.Activations.Layers + 1 => hash.OfCandidates(
                    boundary, position, _job.Activations.Candidates(position), row.GetProperty("logSum") is { ValueKind: JsonValueKind.Number } bits ? BitConverter.UInt32BitsToSingle(bits.GetUInt32()) : null),
                _ => hash.OfRow(boundary, position, _job.Activations.Row(boundary, position), row.GetProperty("token") is { ValueKind: JsonValueKind.Number } token ? token.GetUInt32() : null),
            };
            Assert.Equal(Text(row, "digest"), made.ToString());
            Assert.Equal(made, hash.Of(boundary, position, Hex(row, "bytes")));
        }
    }

    [Fact]
    public void Opening_AndItsCommitments()
    {
        JsonElement row = Vectors.GetProperty("opening");
        Assert.Equal(Text(row, "bytes"), Convert.ToHexStringLower(_job.Opening.Encode()));
        Assert.Equal(Text(row, "promptCommitment"), _job.Opening.PromptCommitment.ToString());
        Assert.Equal(Text(row, "outputCommitment"), _job.Opening.OutputCommitment.ToString());
    }

    [Theory]
    [InlineData("twoStages")]
    [InlineData("failover")]
    [InlineData("penalised")]
    public void Job_FromPlanToRecord(string name)
    {
        SampleActivations activations = name == "penalised"
            ? SampleActivations.MadeUp with { Sampling = SampleActivations.MadeUp.Sampling with { Penalties = new(1.25f, 0.5f, -0.5f), LogProbabilities = 3 }, LogSum = position => position + 4.5f }
            : SampleActivations.MadeUp;
        using SampleJob sample = new(activations);
        JsonElement job = Vectors.GetProperty("jobs").GetProperty(name);
        InferenceRecord record = name == "twoStages" ? sample.Record() : sample.FailoverRecord();
        for (int i = 0; i < record.Attempts.Length; i++)
        {
            JsonElement attempt = job.GetProperty("attempts")[i];
            Assert.Equal(Text(attempt, "plan"), Convert.ToHexStringLower(record.Attempts[i].Plan));
            Assert.Equal(OpenStatus.Done, Signed.TryOpen(record.Attempts[i].Plan, out Signed<JobPlan>? plan));
            Assert.Equal(Text(attempt, "planDigest"), plan!.PayloadDigest.ToString());
            for (int stage = 0; stage < plan.Value.Stages.Length; stage++)
            {
                JsonElement row = attempt.GetProperty("stages")[stage];
                (StageReceipt receipt, StageTrace trace) = sample.Receipt(plan, stage, attempt.GetProperty("positions").GetInt32());
                Assert.Equal(Text(row, "receiptPayload"), Convert.ToHexStringLower(receipt.Encode()));
                Assert.Equal(Text(row, "trace"), Convert.ToHexStringLower(trace.Encode()));
                Assert.Equal(Text(row, "acceptance"), Convert.ToHexStringLower(record.Attempts[i].Acceptances[stage]!));
                Assert.Equal(
                    row.GetProperty("receipt").GetString(),
                    record.Attempts[i].Receipts[stage] is { } signed ? Convert.ToHexStringLower(signed) : null);
                Assert.Equal(OpenStatus.Done, StageTrace.TryDecode(Hex(row, "trace"), out StageTrace? read));
                Assert.Equal(receipt.TraceCommit, read!.Commitment);
            }
        }

        Assert.Equal(Text(job, "recordPayload"), Convert.ToHexStringLower(record.Encode()));
        Signed<InferenceRecord> whole = Signed.Seal(record, sample.Gateway);
        Assert.Equal(Text(job, "record"), Convert.ToHexStringLower(whole.Bytes.Span));
        Assert.Equal(Text(job, "recordId"), whole.PayloadDigest.ToString());
    }

    [Theory]
    [MemberData(nameof(CheckNames))]
    public void Check(string name)
    {
        JsonElement row = Vectors.GetProperty("checks").EnumerateArray().Single(r => Text(r, "name") == name);
        RecordCheckResult result = RecordCheck.Verify(Hex(row, "record"), _job.Activations.Layers);
        Assert.Equal(row.GetProperty("findings").EnumerateArray().Select(f => f.GetString()), result.Findings.Select(f => f.Kind.ToString()));
        Assert.Equal(Text(row, "verdict"), result.Verdict.ToString());
    }

    [Fact]
    public void EveryKindOfFinding_HasAVector()
    {
        IEnumerable<string?> seen = Vectors.GetProperty("checks").EnumerateArray().SelectMany(r => r.GetProperty("findings").EnumerateArray()).Select(f => f.GetString());
        Assert.Empty(Enum.GetNames<RecordFindingKind>().Except(seen.OfType<string>()).Except([nameof(RecordFindingKind.TooLong)]));
    }

    private static string Text(JsonElement row, string name) => row.GetProperty(name).GetString()!;

    private static byte[] Hex(JsonElement row, string name) => Convert.FromHexString(Text(row, name));
}
