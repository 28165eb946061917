using System.Text.Json;

namespace Aria.Libp2p.Benchmarks;

/// <summary>How much longer the slowest hundredth of an honest peer's pings takes while a third process attacks the same listener, each time beside an undisturbed run just before.</summary>
internal static class UnderAttack
{
    private const int Rounds = 3;
    private const int Pings = 1000;
    private const int PauseMilliseconds = 2;
    private static readonly TimeSpan HeadStart = TimeSpan.FromSeconds(1);

    public static async Task<IReadOnlyList<Figure>> RunAsync()
    {
        await using PeerProcess target = await PeerProcess.StartOursAsync(), honest = await PeerProcess.StartOursAsync(), attacker = await PeerProcess.StartOursAsync();
        await honest.CallAsync("dial", new { addr = target.Address });
        await PingP99Async(honest, target);
        List<double> undisturbed = [];
        Dictionary<string, List<double>> ratios = Attacker.Kinds.ToDictionary(kind => kind, _ => new List<double>());
        for (int round = 0; round < Rounds; round++)
        {
            foreach (string kind in Attacker.Kinds)
            {
                double before = await PingP99Async(honest, target);
                await attacker.CallAsync("attack", new { addr = target.Address, kind });
                await Task.Delay(HeadStart);
                double during = await PingP99Async(honest, target);
                await attacker.CallAsync("peace");
                undisturbed.Add(before);
                ratios[kind].Add(during / before);
            }
        }

        return
        [
            new("honest ping, p99, undisturbed", "µs", Goal.AtMost(20_000), undisturbed, []),
            .. Attacker.Kinds.Select(kind => new Figure($"honest ping, p99, beside {kind}", "× undisturbed", Goal.AtMost(2), ratios[kind], [])),
        ];
    }

    private static async Task<double> PingP99Async(PeerProcess honest, PeerProcess target)
    {
        JsonElement told = await honest.CallAsync("pings", new { peer = target.Id, count = Pings, pauseMs = PauseMilliseconds });
        return told.GetProperty("microseconds").EnumerateArray().Select(one => one.GetDouble()).Order().ElementAt(Pings * 99 / 100);
    }
}
