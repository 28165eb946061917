using System.Diagnostics;
using System.Globalization;
using Aria.Libp2p.Streams;

namespace Aria.Libp2p.Tests.Churn;

/// <summary>
/// What the process holds once nothing is under way: managed bytes that survive full compacting collections, what the collector has committed for them, resident bytes that no file backs (the collector's,
/// the C library's and stacks; Linux alone tells them), all resident bytes, open handles, armed timers.
/// </summary>
internal readonly record struct Held(TimeSpan At, int Connections, long ManagedBytes, long CommittedBytes, long AnonymousBytes, long ResidentBytes, int Handles, long Timers)
{
    public const int Looks = 5;
    private const int PoolHalvings = 12;

    /// <summary>
    /// Waits for the last connections of <paramref name="stays"/> to end and takes the least of five looks, <paramref name="rest"/> apart: the loops of a connection end a moment after it, and the
    /// framework's array pool lets go of what lay in it for ten seconds and two collections, where memory is told to be scarce (DOTNET_GCHighMemPercent=1).
    /// </summary>
    public static async Task<Held> TakeAsync(LocalPeer stays, TimeSpan at, int connections, TimeSpan rest, CancellationToken stop)
    {
        while (stays.ConnectedPeers.Count > 0)
        {
            await Task.Delay(10, stop);
        }

        Held least = new(at, connections, long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue, int.MaxValue, long.MaxValue);
        for (int look = 0; look < Looks; look++)
        {
            await Task.Delay(rest, stop);
            for (int i = 0; i < PoolHalvings; i++)
            {
                BlockPool.Shared.Trim();
            }

            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            long managed = GC.GetTotalMemory(forceFullCollection: true);
            using Process process = Process.GetCurrentProcess();
            least = least with
            {
                ManagedBytes = Math.Min(least.ManagedBytes, managed),
                CommittedBytes = Math.Min(least.CommittedBytes, GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes),
                AnonymousBytes = Math.Min(least.AnonymousBytes, ReadAnonymous()),
                ResidentBytes = Math.Min(least.ResidentBytes, process.WorkingSet64),
                Handles = Math.Min(least.Handles, process.HandleCount),
                Timers = Math.Min(least.Timers, Timer.ActiveCount),
            };
        }

        return least;
    }

    // "RssAnon:      12345 kB"
    private static long ReadAnonymous() => File.Exists("/proc/self/status")
        ? File.ReadLines("/proc/self/status").Where(line => line.StartsWith("RssAnon:", StringComparison.Ordinal)).Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024).FirstOrDefault()
        : 0;
}
