using System.Diagnostics;
using Aria.Gateway.Tests.Network;
using Aria.Gateway.Tests.Streaming;

namespace Aria.Gateway.Tests.Endpoints;

/// <summary>Runs by itself, since it measures the process.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>What clients that come and go leave behind: nothing.</summary>
[Collection(typeof(AloneCollection))]
public sealed class LeftoverTests(TestNetwork network)
{
    private const int WarmingRequests = 20;
    private const int MeasuredRequests = 60;
    private const int AtOnce = 4;
    private const int MaxHandlesMore = 30;          // the pool's sockets come and go; one left by each of the forty that leave early would be more
    private const long MaxBytesARequest = 32 * 1024;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StreamsThatAreLeft_LeaveNoHandleAndNoMemory()
    {
        await using TestGateway gateway = await network.StartGatewayAsync();
        await LeaveAsync(gateway, WarmingRequests);
        (int handles, long bytes) before = Measure();
        await LeaveAsync(gateway, MeasuredRequests);
        (int handles, long bytes) after = Measure();
        TestContext.Current.TestOutputHelper?.WriteLine($"handles {before.handles} → {after.handles}, managed bytes {before.bytes} → {after.bytes} over {MeasuredRequests} requests");
        Assert.InRange(after.handles, 0, before.handles + MaxHandlesMore);
        Assert.InRange(after.bytes, 0, before.bytes + MeasuredRequests * MaxBytesARequest);
    }

    // Every third reads to the end; the others leave after the first piece.
    private static async Task LeaveAsync(TestGateway gateway, int requests)
    {
        int left = requests;
        TaskCompletionSource ended = new();
        gateway.Node.Generator.Ended = _ =>
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                ended.SetResult();
            }
        };
        await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Cancel }, async (i, cancellationToken) =>
        {
            using EventReader events = await gateway.StreamAsync("/v1/completions", TestGateway.Completion("Once upon a time", ",\"stream\":true,\"temperature\":0"));
            while (await events.NextAsync(cancellationToken) is { } line && line != "data: [DONE]" && i % 3 == 0)
            {
            }
        });
        await ended.Task.WaitAsync(Cancel);
        await gateway.IdleAsync();
    }

    private static (int Handles, long Bytes) Measure()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long bytes = GC.GetTotalMemory(forceFullCollection: true);
        using Process self = Process.GetCurrentProcess();
        return (self.HandleCount, bytes);
    }
}
