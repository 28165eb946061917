using Aria.Engine;
using Aria.Engine.Execution;
using Aria.Libp2p;
using Aria.Pipeline.Control;
using Aria.Provenance.Activations;
using Aria.Provenance.Plans;
using Aria.Provenance.Signatures;

namespace Aria.Pipeline.Stages;

/// <summary>What an <c>open</c> asks for, once everything that needs no state has been checked (specs/pipeline.md §1).</summary>
internal sealed record Admission(Signed<JobPlan> Plan, Digest Key, int Index, EngineThread Thread)
{
    /// <summary>Checks; on a refusal the admission is null.</summary>
    public static (Admission? Admission, ControlMessage.Refused? Refusal) Check(
        ControlMessage.Open open, PeerId gateway, NodeId self, StageHostOptions options, IReadOnlyList<EngineThread> threads, DateTimeOffset now)
    {
        OpenStatus status = Signed.TryOpen(open.SignedPlan.ToArray(), out Signed<JobPlan>? signed);
        if (status != OpenStatus.Done)
        {
            return Refuse(status == OpenStatus.WrongSignature ? RefusalCode.BadSignature : RefusalCode.Malformed, $"the plan: {status}");
        }

        JobPlan plan = signed!.Value;
        Digest key = new(open.Key.Span);
        if (plan.Gateway.Peer() != gateway)
        {
            return Refuse(RefusalCode.BadSignature, $"the plan's gateway is {plan.Gateway}, and another node asks");
        }

        if (plan.Network != options.Network)
        {
            return Refuse(RefusalCode.WrongNetwork, $"this is {options.Network}");
        }

        if (open.Index >= plan.Stages.Length || plan.Stages[open.Index].Node != self)
        {
            return Refuse(RefusalCode.NotInPlan, $"stage {open.Index} is not this node's");
        }

        if (JobKey.Commitment(key) != plan.KeyCommitment)
        {
            return Refuse(RefusalCode.Malformed, "the plan commits to another key");
        }

        EngineThread[] model = [.. threads.Where(thread => thread.Engine.Model == plan.Model)];
        if (model.Length == 0)
        {
            return Refuse(RefusalCode.UnknownModel, $"model {plan.Model} is not served here");
        }

        if (plan.NumericSpec != NumericSpec.Id)
        {
            return Refuse(RefusalCode.NumericSpec, $"this node computes by {NumericSpec.Id}");
        }

        SpanEngine engine = model[0].Engine;
        if (PlanCover.Problem(plan.Stages, engine.Shape.Layers) is { } problem)
        {
            return Refuse(RefusalCode.NotInPlan, problem);
        }

        StageSpan span = plan.Stages[open.Index].Span;
        if (Array.Find(model, thread => thread.Engine.Span.Contains(span)) is not { } server)
        {
            return Refuse(RefusalCode.NotServed, $"{span} is not served here");
        }

        if (plan.MaxPositions > engine.Shape.Context)
        {
            return Refuse(RefusalCode.TooLong, $"the model's context is {engine.Shape.Context} positions");
        }

        long leftMs = plan.DeadlineUnixMs - now.ToUnixTimeMilliseconds();
        if (leftMs <= 0 || leftMs > options.MaxDeadline.TotalMilliseconds)
        {
            return Refuse(RefusalCode.Deadline, leftMs <= 0 ? "the deadline has passed" : $"the deadline is {leftMs} ms away");
        }

        return (new(signed, key, open.Index, server), null);
    }

    private static (Admission?, ControlMessage.Refused?) Refuse(RefusalCode code, string text) => (null, new(code, text));
}
