using Aria.Scheduling;

namespace Aria.Cli.Kills;

/// <summary>Whom to kill: a node by its key, or whoever runs a stage of the plan.</summary>
internal abstract record KillTarget
{
    private KillTarget()
    {
    }

    /// <summary>The node in <paramref name="plan"/>; nothing when it has no part in it.</summary>
    public NodeId? In(PipelinePlan plan) => this switch
    {
        Node node => plan.Stages.Any(stage => stage.Node == node.Id) ? node.Id : null,
        Stage stage => stage.Index < plan.Stages.Length ? plan.Stages[stage.Index].Node : null,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public sealed record Node(NodeId Id) : KillTarget;

    public sealed record Stage(int Index) : KillTarget;
}

/// <summary>How an order to kill ended.</summary>
internal abstract record KillOutcome
{
    private KillOutcome()
    {
    }

    /// <summary>The process is gone; the token was released only after that.</summary>
    public sealed record Killed(NodeId Node, int Pid, int Token) : KillOutcome;

    /// <summary>The request's plan has no such node or stage.</summary>
    public sealed record NotInPlan(PipelinePlan Plan) : KillOutcome;

    /// <summary>The request ended with fewer tokens.</summary>
    public sealed record EndedBefore(int Tokens) : KillOutcome;
}
