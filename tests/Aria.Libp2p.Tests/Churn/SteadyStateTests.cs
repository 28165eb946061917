using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using Aria.Testing;

namespace Aria.Libp2p.Tests.Churn;

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
    private const int ShortParts = 8;
    private const int WarmParts = 2;
    private const int MaxBytesPerCycle = 256;       // what a leak of anything would exceed
    private const double MaxGrowth = 0.01;
    private const int CyclesPerMinute = 100;        // of two connections each
    private const int CyclesPerSample = 100;

    private static readonly TimeSpan ShortRest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongRest = TimeSpan.FromSeconds(3);

    // A cycle that takes this long was not let run: connections end by their timeouts.
    private static readonly TimeSpan HeldUpAfter = TimeSpan.FromSeconds(5);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Churn_LeavesNothingBehind()
    {
        await using PeerGroup group = new(overTcp: true, new() { MaxKnownPeers = 50, MaxConnections = 10_000 });
        LocalPeer stays = await group.StartAsync();
        stays.Handle(Echo, LocalPeerTests.EchoAsync);
        if (Environment.GetEnvironmentVariable("ARIA_CHURN_MINUTES") is { } minutes)
        {
            await ForMinutesAsync(group, stays, TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture)));
            return;
        }

        List<Held> held = [];
        for (int part = 1; part <= ShortParts; part++)
        {
            for (int cycle = 0; cycle < ShortCycles / ShortParts; cycle++)
            {
                await CycleAsync(group, stays, cycle);
            }

            held.Add(await Held.TakeAsync(stays, TimeSpan.Zero, part * ShortCycles / ShortParts * 2, ShortRest, Stop));
        }

        string told = string.Join("; ", held.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Connections}: {one.ManagedBytes / 1000.0:0} kB, {one.Handles} handles, {one.Timers} timers")));
        TestContext.Current.TestOutputHelper?.WriteLine(told);

        // Arrays of 256 KiB that lie in pools or do not make samples swing; a leak grows in each part.
        Held warm = held[WarmParts - 1], end = held[^1];
        long leaked = held.Skip(WarmParts).Zip(held.Skip(WarmParts - 1), (later, before) => later.ManagedBytes - before.ManagedBytes).Min();
        Assert.True(leaked <= ShortCycles / ShortParts * MaxBytesPerCycle, told);
        Assert.True(end.Handles <= warm.Handles + 2, told);
        Assert.True(end.Timers <= warm.Timers + 2, told);
    }

    // What was measured so far is kept with each sample.
    private static async Task ForMinutesAsync(PeerGroup group, LocalPeer stays, TimeSpan minutes)
    {
        TimeSpan pace = (TimeSpan.FromMinutes(1) - Held.Looks * LongRest) / CyclesPerMinute;
        ChurnRecord record = new();
        TimeSpan run = TimeSpan.Zero;
        long last = Stopwatch.GetTimestamp();
        for (int cycle = 1; run < minutes; cycle++)
        {
            long begun = Stopwatch.GetTimestamp();
            int failed = 0;
            try
            {
                await CycleAsync(group, stays, cycle);
            }
            catch (Libp2pException) when (Stopwatch.GetElapsedTime(begun) > HeldUpAfter)
            {
                failed = 1;
            }

            if (pace - Stopwatch.GetElapsedTime(begun) is var rest && rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, Stop);
            }

            TimeSpan took = Stopwatch.GetElapsedTime(last);
            last = Stopwatch.GetTimestamp();
            bool isHeldUp = took > HeldUpAfter;
            record.HeldUp += isHeldUp ? took : TimeSpan.Zero;
            record.Interrupted += failed;
            run += isHeldUp ? TimeSpan.Zero : took;
            if (cycle % CyclesPerSample == 0)
            {
                record.Add(await Held.TakeAsync(stays, run, cycle * 2, LongRest, Stop));
                await KeepAsync(record);
                run += Held.Looks * LongRest;
                last = Stopwatch.GetTimestamp();
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(record.ToString());
        Assert.True(record.ManagedGrowth <= MaxGrowth, record.ToString());
        Assert.True(record.HandlesSpread <= 2, record.ToString());
        Assert.True(record.TimersSpread <= 2, record.ToString());
    }

    private static Task CycleAsync(PeerGroup group, LocalPeer stays, int cycle) =>
        Task.WhenAll(VisitAsync(group, stays, cycle, isCut: false), VisitAsync(group, stays, cycle, isCut: true));

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

    private static async Task KeepAsync(ChurnRecord record)
    {
        const string How = "One process holds the peer that stays and its guests, at 200 connections a minute (`SteadyStateTests` with ARIA_CHURN_MINUTES); a sample every 200, a while after they ended, the least of five full compacting collections three seconds apart, with DOTNET_GCHighMemPercent=1, so that the framework's array pool gives back what lies in it.";
        string path = Path.Combine(Fixtures.RepositoryRoot, "benchmarks", "results", "libp2p-churn");
        await File.WriteAllLinesAsync(path + ".md", record.ToMarkdown(How), Stop);
        await File.WriteAllTextAsync(path + ".json", record.ToJson(), Stop);
    }
}
