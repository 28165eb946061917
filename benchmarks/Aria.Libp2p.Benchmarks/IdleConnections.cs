using System.Text.Json;

namespace Aria.Libp2p.Benchmarks;

/// <summary>
/// What an identified connection without a stream holds at each end: 32 peers in one process connect to 32 in another, after they did so once before, so that
/// nothing is counted that only the first connection needs. Live bytes of the managed heap and of the C library's; the kernel's socket buffers are not counted.
/// </summary>
internal static class IdleConnections
{
    private const int Peers = 32;
    private const int Connections = Peers * Peers;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(4);

    public static async Task<IReadOnlyList<Figure>> RunAsync()
    {
        await using PeerProcess listener = await PeerProcess.StartOursAsync(isCompiledAtOnce: true), dialer = await PeerProcess.StartOursAsync(isCompiledAtOnce: true);
        JsonElement addresses = (await listener.CallAsync("hosts", new { count = Peers })).GetProperty("addrs");
        await dialer.CallAsync("hosts", new { count = Peers });
        List<double> managed = [], native = [], both = [];
        for (int round = -1; round < 5; round++)
        {
            await Task.Delay(Rest);
            Held before = await MeasureAsync(listener, dialer);
            await dialer.CallAsync("connect", new { addrs = addresses });
            await Task.Delay(Rest);
            Held after = await MeasureAsync(listener, dialer);
            if (round >= 0)
            {
                managed.Add((after.Managed - before.Managed) / 1000 / Connections / 2);
                native.Add((after.Native - before.Native) / 1000 / Connections / 2);
                both.Add(managed[^1] + native[^1]);
            }

            await dialer.CallAsync("disconnect");
        }

        return
        [
            new("idle connection and end, managed", "kB", Goal.AtMost(12), managed, []),
            new("idle connection and end, native", "kB", Goal.AtMost(12), native, []),
            new("idle connection and end, both", "kB", Goal.AtMost(12), both, []),
        ];
    }

    private static async Task<Held> MeasureAsync(params PeerProcess[] peers)
    {
        Held held = default;
        foreach (PeerProcess peer in peers)
        {
            JsonElement told = await peer.CallAsync("memory");
            held = new(held.Managed + told.GetProperty("managedBytes").GetDouble(), held.Native + told.GetProperty("nativeBytes").GetDouble());
        }

        return held;
    }

    private readonly record struct Held(double Managed, double Native);
}
