using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using Aria.Libp2p.Streams;
using Aria.Testing;

namespace Aria.Libp2p.Tests;

/// <summary>Nothing else of this program runs beside these: they count what the process holds.</summary>
[CollectionDefinition(nameof(SteadyState), DisableParallelization = true)]
public sealed class SteadyState;

/// <summary>
/// Peers that come, talk and go, one after the other and some side by side, at one that stays: over the second half of the run it holds no more than at its middle. A short run each time;
/// with <c>ARIA_CHURN_MINUTES</c> as many minutes at 200 connections a minute, and the result in <c>benchmarks/results/libp2p-churn.md</c>.
/// </summary>
[Collection(nameof(SteadyState))]
public sealed class SteadyStateTests
{
    private const string Echo = "/test/echo/1";
    private const int ShortCycles = 400;
    private const int CyclesPerMinute = 100;        // of two connections each
    private const int MaxBytesPerCycle = 256;       // what a leak of anything would exceed

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Churn_LeavesNothingBehind()
    {
        double? minutes = Environment.GetEnvironmentVariable("ARIA_CHURN_MINUTES") is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : null;
        int half = minutes is { } long_ ? (int)(long_ * CyclesPerMinute / 2) : ShortCycles / 2;
        TimeSpan pace = minutes is null ? TimeSpan.Zero : TimeSpan.FromMinutes(1) / CyclesPerMinute;

        // Bounded tables are full, and caches warm, before the middle.
        await using PeerGroup group = new(overTcp: true, new() { MaxKnownPeers = 50, MaxConnections = 10_000 });
        LocalPeer stays = await group.StartAsync();
        stays.Handle(Echo, LocalPeerTests.EchoAsync);
        List<Held> held = [];
        Stopwatch clock = Stopwatch.StartNew();
        await RunAsync(group, stays, half / 2, pace);
        held.Add(await HeldAsync(stays));
        await RunAsync(group, stays, half - half / 2, pace);
        held.Add(await HeldAsync(stays));
        await RunAsync(group, stays, half / 2, pace);
        held.Add(await HeldAsync(stays));
        await RunAsync(group, stays, half - half / 2, pace);
        held.Add(await HeldAsync(stays));

        (Held middle, Held end) = (held[1], held[3]);
        string told = string.Join("; ", held.Select((one, i) => string.Create(CultureInfo.InvariantCulture, $"{(i + 1) * 25} %: {one.Bytes / 1000.0:0} kB, {one.Handles} handles, {one.Timers} timers")));
        TestContext.Current.TestOutputHelper?.WriteLine(told);
        if (minutes is not null)
        {
            await KeepAsync(held, clock.Elapsed, half * 4);
            Assert.True(end.Bytes <= middle.Bytes * 1.01, told);
        }

        // What a pool or the runtime takes once is a step in one of the parts; a leak grows in each of them.
        long leaked = Math.Min(held[2].Bytes - middle.Bytes, end.Bytes - held[2].Bytes);
        Assert.True(leaked <= half / 2 * MaxBytesPerCycle, told);
        Assert.True(end.Handles <= middle.Handles + 2, told);
        Assert.True(end.Timers <= middle.Timers + 2, told);
    }

    private static async Task RunAsync(PeerGroup group, LocalPeer stays, int cycles, TimeSpan pace)
    {
        for (int cycle = 0; cycle < cycles; cycle++)
        {
            long begun = Stopwatch.GetTimestamp();
            await Task.WhenAll(VisitAsync(group, stays, cycle, isCut: false), VisitAsync(group, stays, cycle, isCut: true));
            if (pace - Stopwatch.GetElapsedTime(begun) is var rest && rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, Stop);
            }
        }
    }

    // One is an orderly guest; the other goes amid a transfer, and every second one is dialed instead.
    private static async Task VisitAsync(PeerGroup group, LocalPeer stays, int cycle, bool isCut)
    {
        using Identity identity = Identity.Generate();
        await using LocalPeer guest = group.CreateUntracked(identity);
        guest.Handle(Echo, LocalPeerTests.EchoAsync);
        guest.AddAddresses(stays.Id, stays.Addresses);
        if (isCut && cycle % 2 == 0)
        {
            await guest.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), Stop);
            await stays.ConnectAsync(guest.Addresses[0], Stop);
        }
        else
        {
            await guest.ConnectAsync(stays.Addresses[0], Stop);
        }

        await using PeerStream stream = await guest.OpenStreamAsync(stays.Id, Echo, Stop);
        await stream.Output.WriteAsync(new byte[50_000], Stop);
        if (isCut)
        {
            PeerStream abandoned = await guest.OpenStreamAsync(stays.Id, Echo, Stop);
            await abandoned.Output.WriteAsync(new byte[10_000], Stop);
            abandoned.Reset();
            return;
        }

        ReadResult result = await stream.Input.ReadAtLeastAsync(50_000, Stop);
        stream.Input.AdvanceTo(result.Buffer.End);
        await guest.PingAsync(stays.Id, Stop);
    }

    private static async Task<Held> HeldAsync(LocalPeer stays)
    {
        while (stays.ConnectedPeers.Count > 0)
        {
            await Task.Delay(10, Stop);         // the guests are gone; their ends here follow
        }

        // The loops of the last connections end a moment after them: take the least of a few looks.
        Held least = new(long.MaxValue, int.MaxValue, long.MaxValue);
        for (int look = 0; look < 5; look++)
        {
            await Task.Delay(200, Stop);
            BlockPool.Shared.Trim();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            using Process process = Process.GetCurrentProcess();
            least = new(Math.Min(least.Bytes, GC.GetTotalMemory(forceFullCollection: true)), Math.Min(least.Handles, process.HandleCount), Math.Min(least.Timers, Timer.ActiveCount));
        }

        return least;
    }

    private static Task KeepAsync(List<Held> held, TimeSpan took, int connections) => File.WriteAllLinesAsync(
        Path.Combine(Fixtures.RepositoryRoot, "benchmarks", "results", "libp2p-churn.md"),
        [
            "# libp2p: churn",
            "",
            string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:yyyy-MM-dd}, {took.TotalMinutes:0.0} minutes, {connections} connections, `SteadyStateTests` with ARIA_CHURN_MINUTES; after a full collection each time."),
            "",
            "| part of the run | managed bytes | handles | timers |",
            "|---|---|---|---|",
            .. held.Select((one, i) => string.Create(CultureInfo.InvariantCulture, $"| {(i + 1) * 25} % | {one.Bytes} | {one.Handles} | {one.Timers} |")),
            "",
            string.Create(CultureInfo.InvariantCulture, $"Over the second half: memory {100.0 * (held[3].Bytes - held[1].Bytes) / held[1].Bytes:+0.00;-0.00} %, handles {held[3].Handles - held[1].Handles:+0;-0;0}, timers {held[3].Timers - held[1].Timers:+0;-0;0}."),
        ],
        Stop);

    private readonly record struct Held(long Bytes, int Handles, long Timers);
}
