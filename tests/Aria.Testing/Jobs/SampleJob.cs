using System.Collections.Immutable;
using Aria.Provenance.Activations;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Provenance.Signatures;
using Aria.Wire.Signing;

namespace Aria.Testing.Jobs;

/// <summary>
/// A job with fixed keys and salts: the same bytes on every run. Everything can be replaced on the way, so that a test breaks one thing
/// and signs the rest properly.
/// </summary>
public sealed class SampleJob(SampleActivations? activations = null, ModelId? model = null) : IDisposable
{
    private readonly List<SigningKey> _keys = [];

    public static byte[] Seed(byte value) => [.. Enumerable.Repeat(value, 32)];

    public static Digest Bytes(byte value) => new(Seed(value));

    public SigningKey Gateway => Key(0);

    public JobId Job { get; } = new(new UInt128(0x0102030405060708, 0x090a0b0c0d0e0f10));

    public ModelId Model { get; } = model ?? new(Bytes(0xa1));

    public SampleActivations Activations { get; } = activations ?? SampleActivations.MadeUp;

    public Opening Opening => new(Job, Bytes(0xb1), Activations.Prompt, Bytes(0xb2), Activations.Output, Bytes(0xc1));

    public SigningKey Key(int index)
    {
        while (_keys.Count <= index)
        {
            _keys.Add(SigningKey.FromSeed(Seed((byte)(_keys.Count + 1))));
        }

        return _keys[index];
    }

    public StageSpan Span(int start, int end) => new(start == 0, LayerRange.Of(start, end), end == Activations.Layers);

    public JobPlan Plan(int epoch = 0, int? headFrom = null, params ReadOnlySpan<(int Node, StageSpan Span)> stages)
    {
        int half = Activations.Layers / 2;
        (int, StageSpan)[] wanted = stages.IsEmpty ? [(1, Span(0, half)), (2, Span(half, Activations.Layers))] : stages.ToArray();
        ImmutableArray<PlanStage>.Builder planned = ImmutableArray.CreateBuilder<PlanStage>();
        foreach ((int node, StageSpan span) in wanted)
        {
            planned.Add(new(Key(node).Id, span));
        }

        return new(
            "aria-testnet", Job, epoch, Gateway.Id, Model, "ARIA-NUM-1", planned.ToImmutable(),
            Activations.Sampling, headFrom ?? Activations.Prompt.Length - 1, Math.Max(64, Activations.PositionCount + 1), Opening.PromptCommitment, JobKey.Commitment(Opening.JobKey),
            1_800_000_000_000 + epoch, 1_800_000_060_000)
        {
            AnswerFrom = Activations.Sampling is { CountsTokens: true } or { WantsLogSum: true } ? Activations.Prompt.Length : 0,
        };
    }

    /// <summary>The roots of positions 0 to count - 1 of a stage, fed in chunks as an engine would, layer by layer.</summary>
    public ReceiptRoots Roots(JobPlan plan, int stage, int count, int chunk = 3)
    {
        StageSpan span = plan.Stages[stage].Span;
        ReceiptRoots roots = new(Opening.JobKey.Span, Job, span, 0, plan.HeadFrom, plan.MaxPositions, plan.Sampling.CountsTokens);
        ImmutableArray<uint> tokens = Activations.Tokens;
        for (int at = 0; at < count; at += chunk)
        {
            int end = Math.Min(count, at + chunk);
            if (span.Embedding)
            {
                roots.AddTokens(at, tokens.AsSpan()[at..end]);
            }
            else
            {
                roots.AddCarriedTokens(at, tokens.AsSpan()[at..end]);
            }

            for (int boundary = span.Embedding ? 1 : span.Layers.Start; boundary <= span.Layers.End; boundary++)
            {
                for (int position = at; position < end; position++)
                {
                    roots.AddRow(boundary, position, Activations.Row(boundary, position));
                }
            }

            for (int position = Math.Max(at, plan.HeadFrom); span.Head && position < end; position++)
            {
                roots.AddCandidates(position, Activations.Candidates(position), Activations.LogSum(position));
            }
        }

        return roots;
    }

    public (StageReceipt Receipt, StageTrace Trace) Receipt(Signed<JobPlan> plan, int stage, int count)
    {
        using ReceiptRoots roots = Roots(plan.Value, stage, count);
        StageTrace trace = roots.Trace(plan.Value.Epoch, stage, Bytes((byte)(0xd0 + stage)));
        StageReceipt receipt = new(
            Job, plan.Value.Epoch, plan.PayloadDigest, stage, plan.Value.Stages[stage].Node, 0, roots.PositionCount, roots.InRoot, roots.OutRoot,
            roots.Head, trace.Commitment, 1500 + stage, new EnergyClaim(EnergyMethod.EstimateTdp, 100, 300), 1_800_000_000_100, 1_800_000_000_900);
        return (receipt, trace);
    }

    public SigningKey KeyOf(NodeId node) => _keys.First(key => key.Id == node);

    /// <summary>An attempt in which every stage computed all <paramref name="count"/> positions and signed.</summary>
    public RecordAttempt Attempt(
        JobPlan plan, int? positions = null, string? fault = null, Func<StageReceipt, StageReceipt?>? receipt = null, Func<int, byte[], byte[]?>? acceptance = null)
    {
        int count = positions ?? Activations.PositionCount;
        Signed<JobPlan> signed = Signed.Seal(plan, KeyOf(plan.Gateway));
        List<byte[]?> acceptances = [], receipts = [];
        for (int stage = 0; stage < plan.Stages.Length; stage++)
        {
            byte[] accepted = PlanAcceptance.Sign(KeyOf(plan.Stages[stage].Node), signed.PayloadDigest, stage);
            acceptances.Add(acceptance is null ? accepted : acceptance(stage, accepted));
            StageReceipt whole = Receipt(signed, stage, count).Receipt;
            StageReceipt? changed = receipt is null ? whole : receipt(whole);
            receipts.Add(changed is null ? null : Signed.Seal(changed, KeyOf(changed.Node)).Bytes.ToArray());
        }

        return new(plan.Epoch, signed.Bytes.ToArray(), [.. acceptances], 0, count, [.. receipts], fault);
    }

    public InferenceRecord Record(params ReadOnlySpan<RecordAttempt> attempts)
    {
        ImmutableArray<RecordAttempt> all = attempts.IsEmpty ? [Attempt(Plan())] : [.. attempts];
        EnergyClaim energy = EnergyClaim.Total(all.SelectMany(a => a.Receipts).OfType<byte[]>()
            .Select(bytes => Signed.TryOpen(bytes, out Signed<StageReceipt>? receipt) == OpenStatus.Done ? receipt!.Value.Energy : EnergyClaim.None));
        return new(
            "aria-testnet", "ARIA-NUM-1", Model, Job, Gateway.Id, all, Opening.PromptCommitment, Opening.OutputCommitment,
            Activations.Prompt.Length, Activations.Output.Length,
            FinishReason.Stop, 12_000, 90_000, energy, 1_800_000_001_000);
    }

    /// <summary>A first attempt whose second node died after its second token, and a second one over another node.</summary>
    public InferenceRecord FailoverRecord()
    {
        int half = Activations.Layers / 2, prompt = Activations.Prompt.Length;
        return Record(
            Attempt(Plan(), prompt + 1, "stage 1 was lost", receipt => receipt.Stage == 1 ? null : receipt),
            Attempt(Plan(1, prompt, (1, Span(0, half)), (3, Span(half, Activations.Layers)))));
    }

    public ReadOnlyMemory<byte> Seal(InferenceRecord record) => Signed.Seal(record, Gateway).Bytes;

    public void Dispose() => _keys.ForEach(key => key.Dispose());
}
