using Aria.Cli.Processes;

namespace Aria.Cli.Testnet;

/// <summary>The ports a testnet wants, looked at before anything starts.</summary>
internal static class TestnetPorts
{
    /// <exception cref="CommandFailedException">A port is taken; its holder is named.</exception>
    public static void RequireFree(Topology topology, TestnetLayout layout, AriaFolders folders)
    {
        if (Holder(topology.Port) is { } http)
        {
            throw Busy(http, "HTTP", "--port 0", folders);
        }

        if (layout.Nodes.Select(node => node.Port).Append(layout.GatewayPeerPort).Select(Holder).FirstOrDefault(holder => holder is not null) is { } peer)
        {
            throw Busy(peer, "Peer", "--peer-port 0", folders);
        }
    }

    private static PortHolder? Holder(int port) => port == 0 ? null : PortHolder.Of(port);

    private static CommandFailedException Busy(PortHolder holder, string kind, string flag, AriaFolders folders)
    {
        string testnet = TestnetOf(holder, folders) is { } name ? $" of testnet '{name}'" : "";
        string next = testnet.Length > 0 ? $"aria testnet down --name {TestnetOf(holder, folders)}    or choose another: {flag}" : $"choose another: aria testnet up {flag}    or stop that process";
        return CommandFailedException.Precondition("port_busy", $"{kind} port {holder.Port} is held by {holder}{testnet}.", next);
    }

    private static string? TestnetOf(PortHolder holder, AriaFolders folders)
    {
        string root = Path.Combine(folders.State, "testnets");
        return holder.Pid is { } pid && Directory.Exists(root)
            ? Directory.EnumerateDirectories(root)
                .Select(path => TestnetState.TryReadRunning(TestnetFolder.Of(folders, Path.GetFileName(path))))
                .FirstOrDefault(state => state is not null && (state.Pid == pid || state.Nodes.Any(node => node.Pid == pid)))?.Name
            : null;
    }
}
