using System.Text.Json;

namespace Aria.Libp2p.Benchmarks.Attacks;

/// <summary>
/// How much longer the slowest hundredth of an honest peer's pings takes while a third process attacks the same listener (<see cref="Manner"/>). Before each attack the same pings go undisturbed; all
/// undisturbed pings of the run together are what the others are compared with.
/// </summary>
internal static class UnderAttack
{
    private const int PauseMilliseconds = 2;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Undisturbed = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HeadStart = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    public static async Task<AttackReport> RunAsync(TimeSpan paced, TimeSpan unpaced, string? only)
    {
        await using PeerProcess target = await PeerProcess.StartGuardedAsync(), honest = await PeerProcess.StartOursAsync();
        await honest.CallAsync("dial", new { addr = target.Address });
        await PingAsync(honest, target, WarmUp);
        List<double> undisturbed = await PingAsync(honest, target, Undisturbed);
        List<AttackSample> samples = [];
        foreach (Attack attack in Attack.All.Where(one => only is null || one.Name == only))
        {
            undisturbed.AddRange(await PingAsync(honest, target, Between));
            foreach ((Manner manner, TimeSpan time) in new[] { (Manner.Paced, paced), (Manner.Aside, unpaced), (Manner.Equal, unpaced) })
            {
                if (time > TimeSpan.Zero)
                {
                    samples.Add(await BesideAsync(attack, manner, time, target, honest));
                    await Task.Delay(Rest);
                }
            }
        }

        return new(undisturbed, samples);
    }

    // Each attack comes from a process of its own, so that nothing of the one before is left.
    private static async Task<AttackSample> BesideAsync(Attack attack, Manner manner, TimeSpan time, PeerProcess target, PeerProcess honest)
    {
        await using PeerProcess attacker = await (manner == Manner.Equal ? PeerProcess.StartOursAsync() : PeerProcess.StartAsideAsync());
        Dictionary<string, long> counted = await CountsAsync(target);
        await attacker.CallAsync("attack", new { addr = target.Address, name = attack.Name, isPaced = manner == Manner.Paced });
        await Task.Delay(HeadStart);
        (Usage Target, Usage Attacker) before = (await target.UsageAsync(), await attacker.UsageAsync());
        List<double> pings = await PingAsync(honest, target, time);
        (Usage Target, Usage Attacker) after = (await target.UsageAsync(), await attacker.UsageAsync());
        JsonElement told = await attacker.CallAsync("peace");
        return new(
            attack,
            manner,
            told.GetProperty("blows").GetDouble() / told.GetProperty("seconds").GetDouble(),
            (after.Attacker - before.Attacker).CpuSeconds / time.TotalSeconds,
            (after.Target - before.Target).CpuSeconds / time.TotalSeconds,
            (after.Target - before.Target).PauseSeconds / time.TotalSeconds,
            (await CountsAsync(target)).Select(one => (one.Key, one.Value - counted.GetValueOrDefault(one.Key))).Where(one => one.Item2 > 0).ToDictionary(),
            pings);
    }

    private static async Task<List<double>> PingAsync(PeerProcess honest, PeerProcess target, TimeSpan time)
    {
        JsonElement told = await honest.CallAsync("pingsFor", new { peer = target.Id, seconds = time.TotalSeconds, pauseMs = PauseMilliseconds });
        return [.. told.GetProperty("microseconds").EnumerateArray().Select(one => one.GetDouble())];
    }

    private static async Task<Dictionary<string, long>> CountsAsync(PeerProcess target) =>
        (await target.CallAsync("counts")).GetProperty("counts").EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetInt64());
}
