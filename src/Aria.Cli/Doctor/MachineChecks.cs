using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Aria.Cli.Processes;
using Aria.Cli.Testnet;
using Aria.Node;

namespace Aria.Cli.Doctor;

/// <summary>What can be said of this machine without starting anything.</summary>
internal static class MachineChecks
{
    /// <summary>Memory a default testnet wants, in bytes.</summary>
    private const long WantedMemoryBytes = 1L << 30;

    /// <summary><c>2 CPUs, AVX-512 VNNI, 21.8 GiB free</c></summary>
    public static string Describe() =>
        string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} CPUs, {Simd()}, {MachineMemory.AvailableBytes() / (double)(1 << 30):0.0} GiB free");

    public static Finding Cpu() => Simd() is "no SIMD"
        ? Finding.Warn("cpu", $"{Environment.ProcessorCount} CPUs without AVX2 or NEON: the scalar kernel serves, slowly")
        : Finding.Pass("cpu", $"{Environment.ProcessorCount} CPUs, {Simd()}, {RuntimeInformation.OSArchitecture}".ToString(CultureInfo.InvariantCulture));

    public static Finding Memory() => MachineMemory.AvailableBytes() is var bytes && bytes >= WantedMemoryBytes
        ? Finding.Pass("memory", $"{bytes >> 20} MiB free")
        : Finding.Warn("memory", $"only {bytes >> 20} MiB free; a default testnet wants {WantedMemoryBytes >> 20}", "start fewer nodes: aria testnet up -n 2");

    public static Finding Runtime() => Finding.Pass("runtime", $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}");

    /// <summary>Whether a folder can be written; it is made if absent.</summary>
    public static Finding Folder(string id, string path)
    {
        string probe = Path.Combine(path, $".probe-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(path);
            File.WriteAllText(probe, "");
            File.Delete(probe);
            long free = new DriveInfo(path).AvailableFreeSpace;
            return free > 64 << 20
                ? Finding.Pass(id, $"{path} ({free >> 20} MiB free)")
                : Finding.Warn(id, $"{path} has {free >> 20} MiB left", "free some space, or choose another folder with --home");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Finding.Fail(id, $"{path} cannot be written: {e.Message}", "choose another folder with --home or ARIA_HOME");
        }
    }

    /// <summary>The ports of a default testnet.</summary>
    public static IEnumerable<Finding> Ports(Topology topology, int nodes, TestnetState? running)
    {
        int[] ports = [topology.Port, .. Enumerable.Range(topology.PeerPort, nodes + 1)];
        List<PortHolder> taken = [.. ports.Select(PortHolder.Of).OfType<PortHolder>()];
        List<PortHolder> foreign = [.. taken.Where(holder => running is null || (holder.Pid != running.Pid && running.Nodes.All(node => node.Pid != holder.Pid)))];
        if (foreign.Count == 0)
        {
            yield return Finding.Pass("ports", taken.Count == 0 ? $"{ports[0]} and {ports[1]}-{ports[^1]} are free" : $"held by testnet '{running!.Name}' itself");
        }

        foreach (PortHolder holder in foreign)
        {
            yield return Finding.Fail("ports", $"{holder.Port} is held by {holder}", "aria testnet up --port 7440 --peer-port 7441, or stop that process");
        }
    }

    /// <summary>Testnets whose supervisor was killed.</summary>
    public static Finding Stale(TestnetFolder folder)
    {
        if (TestnetState.TryRead(folder) is not { } state)
        {
            return Finding.Pass("testnet", $"no testnet '{folder.Name}' is up");
        }

        return state.Supervisor.IsAlive
            ? Finding.Pass("testnet", $"'{folder.Name}' is up: pid {state.Pid}, {state.ApiUrl}")
            : Finding.Warn("testnet", $"'{folder.Name}' left a state file, but its supervisor (pid {state.Pid}) is gone", "aria testnet down");
    }

    private static string Simd() =>
        Avx512Vbmi.IsSupported && Avx512BW.IsSupported ? "AVX-512"
        : Avx2.IsSupported ? "AVX2"
        : AdvSimd.IsSupported ? "NEON"
        : "no SIMD";
}
