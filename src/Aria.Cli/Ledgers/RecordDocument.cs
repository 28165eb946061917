using Aria.Provenance.Checks;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;

namespace Aria.Cli.Ledgers;

/// <summary>An inference record with every field decoded, and what its own check came to.</summary>
internal sealed record RecordDocument(
    string Record,
    string Network,
    string NumericSpec,
    string Model,
    string Job,
    PartyDocument Gateway,
    DateTimeOffset Created,
    string Finish,
    int PromptTokens,
    int CompletionTokens,
    double TtftMs,
    double TotalMs,
    EnergyDocument Energy,
    string PromptCommitment,
    string OutputCommitment,
    IReadOnlyList<AttemptDocument> Attempts,
    string Verdict,
    int Signatures,
    IReadOnlyList<FindingDocument> Findings)
{
    /// <summary>Decodes a record that could be opened; null for bytes that are none.</summary>
    public static RecordDocument? Of(RecordCheckResult check, NodeNames names) => check.Record is not { } signed ? null : Of(signed.Value, check, names);

    /// <summary><c>valid</c>, <c>inconclusive</c>, <c>invalid</c></summary>
    public static string Word(Verdict verdict) => verdict.ToString().ToLowerInvariant();

    private static RecordDocument Of(InferenceRecord record, RecordCheckResult check, NodeNames names) => new(
        check.Id!.Value.ToString(),
        record.Network,
        record.NumericSpec,
        record.Model.ToString(),
        record.Job.ToString(),
        PartyDocument.Of(record.Gateway, names),
        DateTimeOffset.FromUnixTimeMilliseconds(record.CreatedUnixMs),
        record.Finish.ToString().ToLowerInvariant(),
        record.PromptTokens,
        record.CompletionTokens,
        record.FirstTokenMicroseconds / 1000.0,
        record.TotalMicroseconds / 1000.0,
        EnergyDocument.Of(record.Energy),
        record.PromptCommitment.ToString(),
        record.OutputCommitment.ToString(),
        [.. check.Attempts.Select(attempt => AttemptDocument.Of(attempt, names))],
        Word(check.Verdict),
        check.SignatureCount,
        [.. check.Findings.Select(finding => FindingDocument.Of(finding, names))]);
}

/// <summary>A node by key and name.</summary>
internal sealed record PartyDocument(string Node, string Name)
{
    public static PartyDocument Of(NodeId id, NodeNames names) => new(id.ToString(), names.Of(id));
}

/// <summary>One plan's share in the job.</summary>
internal sealed record AttemptDocument(
    int Epoch, string? PlanDigest, SamplingDocument? Sampling, int FirstPosition, int Positions, string? Fault, IReadOnlyList<StageDocument> Stages)
{
    public static AttemptDocument Of(CheckedAttempt attempt, NodeNames names) => new(
        attempt.Attempt.Epoch,
        attempt.Plan?.PayloadDigest.ToString(),
        attempt.Plan is { } plan ? SamplingDocument.Of(plan.Value.Sampling) : null,
        attempt.Attempt.FirstPosition,
        attempt.Attempt.PositionCount,
        attempt.Attempt.Fault,
        [.. (attempt.Plan?.Value.Stages ?? []).Select((stage, index) => StageDocument.Of(stage, attempt, index, names))]);
}

/// <summary>How tokens were chosen.</summary>
internal sealed record SamplingDocument(
    float Temperature, int TopK, float TopP, float MinP, float RepetitionPenalty, float FrequencyPenalty, float PresencePenalty, string Seed, IReadOnlyDictionary<uint, float>? LogitBias,
    int Logprobs)
{
    public static SamplingDocument Of(SamplingParameters sampling) => new(
        sampling.Temperature,
        sampling.TopK,
        sampling.TopP,
        sampling.MinP,
        sampling.Penalties.Repetition,
        sampling.Penalties.Frequency,
        sampling.Penalties.Presence,
        sampling.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture),
        sampling.Biases.IsEmpty ? null : sampling.Biases.Span.ToArray().ToDictionary(bias => bias.Token, bias => bias.Bias),
        sampling.LogProbabilities);
}

/// <summary>One stage: what it was to run, whether it agreed, and what it signed.</summary>
internal sealed record StageDocument(int Stage, PartyDocument Party, string Layers, bool Embedding, bool Head, bool Accepted, ReceiptDocument? Receipt)
{
    public static StageDocument Of(PlanStage stage, CheckedAttempt attempt, int index, NodeNames names) => new(
        index,
        PartyDocument.Of(stage.Node, names),
        $"{stage.Span.Layers.Start}-{stage.Span.Layers.End}",
        stage.Span.Embedding,
        stage.Span.Head,
        index < attempt.Attempt.Acceptances.Length && attempt.Attempt.Acceptances[index] is not null,
        index < attempt.Receipts.Length && attempt.Receipts[index] is { } receipt ? ReceiptDocument.Of(receipt.Value) : null);
}

/// <summary>What a stage says it computed.</summary>
internal sealed record ReceiptDocument(
    int FirstPosition, int Positions, string InRoot, string OutRoot, string? HeadRoot, string TraceCommit, double ComputeMs, EnergyDocument Energy)
{
    public static ReceiptDocument Of(StageReceipt receipt) => new(
        receipt.FirstPosition,
        receipt.PositionCount,
        receipt.InRoot.ToString(),
        receipt.OutRoot.ToString(),
        receipt.Head?.Root.ToString(),
        receipt.TraceCommit.ToString(),
        receipt.ComputeMicroseconds / 1000.0,
        EnergyDocument.Of(receipt.Energy));
}

/// <summary>Energy as claimed; always with its method.</summary>
internal sealed record EnergyDocument(string Method, long LowMj, long HighMj)
{
    public static EnergyDocument Of(EnergyClaim claim) => new(
        claim.Method switch
        {
            EnergyMethod.Rapl => "rapl",
            EnergyMethod.External => "external",
            EnergyMethod.EstimateTdp => "estimate-tdp",
            _ => "none",
        },
        claim.LowMillijoules,
        claim.HighMillijoules);

    public override string ToString() => Method == "none"
        ? "energy not measured"
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Method} {LowMj / 1000.0:0.##}-{HighMj / 1000.0:0.##} J");
}

/// <summary>One thing that the check found.</summary>
internal sealed record FindingDocument(string Kind, string Weight, int? Epoch, int? Stage, string? Node, string Text)
{
    public static FindingDocument Of(RecordFinding finding, NodeNames names) => new(
        finding.Kind.ToString(), finding.Weight.ToString().ToLowerInvariant(), finding.Epoch, finding.Stage, finding.Node is { } node ? names.Of(node) : null, finding.Text);
}
