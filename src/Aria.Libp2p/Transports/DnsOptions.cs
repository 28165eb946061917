namespace Aria.Libp2p.Transports;

/// <summary>The bounds of <see cref="DnsNameResolver"/>.</summary>
public sealed record DnsOptions
{
    /// <summary>How long a server may take before the next is asked.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often all servers are asked in turn.</summary>
    public int Rounds { get; init; } = 2;
}
