using System.Collections.Immutable;
using Aria.Libp2p;
using Aria.Libp2p.KadDht;

namespace Aria.Node;

/// <summary>
/// Brings a node into the network and back into it: dials the bootstrap addresses whenever the routing table holds nobody. Whether one answers at the first try is not
/// waited for beyond a bound, so a node starts where its network is not there yet.
/// </summary>
internal sealed class BootstrapLoop(KadDht dht, ImmutableArray<Multiaddress> addresses, Func<CancellationToken, Task> joined, TimeProvider time)
{
    /// <summary>How long a start waits for the bootstrap addresses.</summary>
    public static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(500), LongestPause = TimeSpan.FromSeconds(15);

    /// <summary>The first try.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(StartTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            await dht.BootstrapAsync(addresses, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // the loop goes on trying
        }
    }

    /// <summary>Later ones; ends by cancellation.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (TimeSpan pause = ShortestPause; ;)
        {
            await Task.Delay(pause, time, cancellationToken);
            if (addresses.IsEmpty || dht.RoutingTableCount > 0)
            {
                pause = ShortestPause;
                continue;
            }

            await dht.BootstrapAsync(addresses, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            if (dht.RoutingTableCount > 0)
            {
                await joined(cancellationToken);
            }
        }
    }
}
