namespace Aria.Libp2p.Nat.Probing;

/// <summary>How a peer finds out whether others can reach it (specs/nat.md §2.3).</summary>
public sealed record ReachabilityOptions
{
    /// <summary>By how many servers more an address must have been found reachable, or not, for a belief.</summary>
    public int NeededVotes { get; init; } = 3;

    /// <summary>Between two rounds of questions while nothing is believed.</summary>
    public TimeSpan PauseWhileUnknown { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Between two rounds of questions afterwards.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Servers that are asked in a round.</summary>
    public int ServersPerRound { get; init; } = 4;

    /// <summary>How long a question may take.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>True where loopback and private addresses are asked about too: for networks that are private as a whole, and for tests.</summary>
    public bool AsksAboutPrivate { get; init; }
}
