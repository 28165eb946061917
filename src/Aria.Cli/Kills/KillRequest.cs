namespace Aria.Cli.Kills;

/// <summary>What <c>kill-node</c> asks of the testnet: a node by name or a stage of the plan, at once or at a token.</summary>
internal sealed record KillRequest(string? Node, int? Stage, int? AtToken, double? TimeoutSeconds);

/// <summary>One line of the testnet's answer: first that the order waits, then how it ended.</summary>
internal sealed record KillReply
{
    public const string SchemaName = "aria.testnet.kill/1";

    public string Schema { get; init; } = SchemaName;

    /// <summary>The order waits for its token.</summary>
    public bool? Armed { get; init; }

    /// <summary>The node that was killed.</summary>
    public string? Killed { get; init; }

    public int? Pid { get; init; }

    /// <summary>The token that was withheld until the process was gone.</summary>
    public int? Token { get; init; }

    public ControlError? Error { get; init; }
}

/// <summary>Why a switch of the testnet could not be thrown.</summary>
internal sealed record ControlError(string Code, string Message);

/// <summary>Asks the testnet to start a node again.</summary>
internal sealed record StartRequest(string? Node);

/// <summary>The node that runs again.</summary>
internal sealed record StartReply
{
    public const string SchemaName = "aria.testnet.start/1";

    public string Schema { get; init; } = SchemaName;

    public string? Started { get; init; }

    public int? Pid { get; init; }

    public string? Address { get; init; }

    public ControlError? Error { get; init; }
}
