using System.Text.Json;

namespace Aria.Libp2p.Benchmarks;

/// <summary>Two of our peers against two js peers, each in its own process on the loopback interface, round by round in turn.</summary>
internal sealed class Comparison(int rounds)
{
    private const long OursBytes = 256_000_000;
    private const long JsBytes = 96_000_000;
    private const long JsSmallWriteBytes = 32_000_000;
    private const int LargeWriteBytes = 64 * 1024;
    private const int SmallWriteBytes = 4 * 1024;
    private const int Echoes = 2000;
    private const int Dials = 30;
    private const int Pings = 200;

    private readonly Dictionary<string, (List<double> Ours, List<double> Js)> _samples = [];

    public async Task<IReadOnlyList<Figure>> RunAsync()
    {
        await using PeerProcess ourServer = await PeerProcess.StartOursAsync(), ourClient = await PeerProcess.StartOursAsync();
        await using PeerProcess jsServer = await PeerProcess.StartJsAsync(), jsClient = await PeerProcess.StartJsAsync();
        Pair ours = new(ourClient, ourServer, OursBytes, OursBytes), js = new(jsClient, jsServer, JsBytes, JsSmallWriteBytes);
        for (int round = -1; round < rounds; round++)
        {
            await MeasureAsync(ours, isOurs: true, isWarmUp: round < 0);
            await MeasureAsync(js, isOurs: false, isWarmUp: round < 0);
        }

        return
        [
            Of("one stream, 64 KiB writes, to the listener", "MB/s", Goal.TimesJsAtLeast(2)),
            Of("one stream, 64 KiB writes, to the dialer", "MB/s", Goal.TimesJsAtLeast(2)),
            Of("one stream, 4 KiB writes", "MB/s", Goal.TimesJsAtLeast(3)),
            Of("CPU of both ends", "s/GB", Goal.TimesJsAtMost(0.5)),
            Of("garbage of both ends", "MB/GB", Goal.AtMost(2)),
            Of("echo of 32 bytes, p50", "µs", Goal.TimesJsAtMost(0.4)),
            Of("dial and upgrade, p50", "µs", Goal.TimesJsAtMost(0.25)),
            Of("ping and its stream, p50", "µs", Goal.TimesJsAtMost(1)),
            Of("ping beside four bulk streams, p99", "ms", Goal.AtMost(20)),
        ];
    }

    private Figure Of(string name, string unit, Goal goal) => new(name, unit, goal, _samples[name].Ours, _samples[name].Js);

    private async Task MeasureAsync(Pair pair, bool isOurs, bool isWarmUp)
    {
        void Note(string name, double value)
        {
            if (!_samples.TryGetValue(name, out var samples))
            {
                _samples[name] = samples = ([], []);
            }

            if (!isWarmUp)
            {
                (isOurs ? samples.Ours : samples.Js).Add(value);
            }
        }

        string to = pair.Server.Id;
        await pair.Client.CallAsync("dial", new { addr = pair.Server.Address });
        Usage before = await pair.UsageAsync();
        double up = await pair.TransferAsync(pair.Bytes, 0, LargeWriteBytes, 1);
        double down = await pair.TransferAsync(0, pair.Bytes, LargeWriteBytes, 1);
        Usage used = await pair.UsageAsync() - before;
        Note("one stream, 64 KiB writes, to the listener", pair.Bytes / 1e6 / up);
        Note("one stream, 64 KiB writes, to the dialer", pair.Bytes / 1e6 / down);
        Note("CPU of both ends", used.CpuSeconds / (2 * pair.Bytes / 1e9));
        if (isOurs)
        {
            Note("garbage of both ends", used.AllocatedBytes / 1e6 / (2 * pair.Bytes / 1e9));
        }

        Note("one stream, 4 KiB writes", pair.SmallWriteBytes / 1e6 / await pair.TransferAsync(pair.SmallWriteBytes, 0, SmallWriteBytes, 1));
        Note("echo of 32 bytes, p50", Quantile(await pair.Client.CallAsync("echo", new { peer = to, count = Echoes }), 0.5));
        Note("ping and its stream, p50", Quantile(await pair.Client.CallAsync("pings", new { peer = to, count = Pings }), 0.5));
        if (isOurs)
        {
            // Pings as long as the streams are busy; those that were under way when they ended do not count.
            Task<double> load = pair.TransferAsync(2 * OursBytes, 0, LargeWriteBytes, 4);
            List<double> loaded = [];
            while (!load.IsCompleted)
            {
                JsonElement some = await pair.Client.CallAsync("pings", new { peer = to, count = 10 });
                loaded.AddRange(load.IsCompleted ? [] : some.GetProperty("microseconds").EnumerateArray().Select(one => one.GetDouble()));
            }

            loaded.Sort();
            Note("ping beside four bulk streams, p99", loaded[loaded.Count * 99 / 100] / 1000);
            await load;
        }

        Note("dial and upgrade, p50", Quantile(await pair.Client.CallAsync("dials", new { addr = pair.Server.Address, count = Dials }), 0.5));
    }

    private static double Quantile(JsonElement told, double part)
    {
        double[] sorted = [.. told.GetProperty("microseconds").EnumerateArray().Select(one => one.GetDouble()).Order()];
        return sorted[Math.Min((int)(sorted.Length * part), sorted.Length - 1)];
    }

    private sealed record Pair(PeerProcess Client, PeerProcess Server, long Bytes, long SmallWriteBytes)
    {
        public async Task<Usage> UsageAsync() => await Client.UsageAsync() + await Server.UsageAsync();

        public async Task<double> TransferAsync(long upload, long download, int block, int streams) =>
            (await Client.CallAsync("transfer", new { peer = Server.Id, upload, download, block, streams })).GetProperty("seconds").GetDouble();
    }
}
