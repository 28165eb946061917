using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Aria.Cli.Processes;

/// <summary>Who listens on a TCP port of this machine, as far as the kernel tells us.</summary>
internal sealed record PortHolder(int Port, int? Pid, string? Command)
{
    private const string Listening = "0A";

    /// <summary>Nothing when the port can be bound on loopback.</summary>
    public static PortHolder? Of(int port)
    {
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            probe.Listen(1);
            return null;
        }
        catch (SocketException)
        {
            int? pid = OperatingSystem.IsLinux() ? FindPid(port) : null;
            return new(port, pid, pid is { } id ? ProcessIdentity.CommandOf(id) : null);
        }
    }

    /// <summary><c>pid 4121 `aria testnet up`</c></summary>
    public override string ToString() => this switch
    {
        { Pid: { } pid, Command: { } command } => $"pid {pid} `{command}`",
        { Pid: { } pid } => $"pid {pid}",
        _ => "a process that this user may not see",
    };

    private static int? FindPid(int port)
    {
        HashSet<string> inodes = [.. ListeningInodes("/proc/net/tcp", port), .. ListeningInodes("/proc/net/tcp6", port)];
        if (inodes.Count == 0)
        {
            return null;
        }

        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && HoldsAny(folder, inodes))
            {
                return pid;
            }
        }

        return null;
    }

    // proc(5) /proc/net/tcp: sl local:port remote:port state … uid timeout inode
    private static IEnumerable<string> ListeningInodes(string file, int port)
    {
        if (!File.Exists(file))
        {
            yield break;
        }

        string suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        foreach (string line in File.ReadLines(file).Skip(1))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[3] == Listening && fields[1].EndsWith(suffix, StringComparison.Ordinal))
            {
                yield return $"socket:[{fields[9]}]";
            }
        }
    }

    private static bool HoldsAny(string folder, HashSet<string> inodes)
    {
        try
        {
            return Directory.EnumerateFiles(Path.Combine(folder, "fd")).Any(file => new FileInfo(file).LinkTarget is { } target && inodes.Contains(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
