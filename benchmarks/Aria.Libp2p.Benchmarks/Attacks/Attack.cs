namespace Aria.Libp2p.Benchmarks.Attacks;

/// <summary>Something done to a listener over and over: what a blow is, how many a second, and the doing, which goes on until it is stopped.</summary>
internal sealed record Attack(string Name, string Blow, double PerSecond, Func<Multiaddress, Pace, CancellationToken, Task> RunAsync)
{
    /// <summary>All attacks, strangers' first.</summary>
    public static IReadOnlyList<Attack> All { get; } = [.. StrangerAttacks.All, .. PeerAttacks.All];

    public static Attack Named(string name) => All.Single(one => one.Name == name);

    /// <summary>Makes one connection after the other, <paramref name="blow"/> on each; what is refused is tried again.</summary>
    public static async Task RepeatAsync(Pace pace, Func<Task> blow, CancellationToken stop)
    {
        while (true)
        {
            await pace.NextAsync(1, stop);
            try
            {
                await blow();
            }
            catch (Libp2pException)
            {
                // Refused, as it should be.
            }
        }
    }
}
