using System.CommandLine;
using Aria.Cli.Commands;
using Aria.Cli.Testnet;
using Aria.Discovery;
using Aria.Libp2p;

namespace Aria.Cli.Ledgers;

/// <summary>Which logs a command reads: those of the running testnet's nodes, or one data folder.</summary>
internal sealed class LogSelection
{
    /// <summary>Stands for every node of the testnet, its gateway included.</summary>
    public const string All = "all";

    public Option<string?> Node { get; }

    public Option<string?> Folder { get; } = OptionParsers.Text("--dir", "A node's data folder, read without changing it; the node need not run", "DIR");

    public Option<string?> Testnet { get; } = OptionParsers.Text("--testnet", "The testnet whose nodes are meant, when several run", "NAME");

    /// <param name="manyNodes">Whether the command can look at all logs.</param>
    public LogSelection(bool manyNodes) => Node = OptionParsers.Text(
        "--node", manyNodes
            ? "Whose log: a node of the testnet by name, any node by its address with /p2p, or all of the testnet; default all"
            : "Whose log: a node of the testnet by name, any node by its address with /p2p; default gateway",
        manyNodes ? "NAME|ADDRESS|all" : "NAME|ADDRESS");

    public void AddTo(Command command)
    {
        command.Add(Node);
        command.Add(Folder);
        command.Add(Testnet);
        command.Validators.Add(result =>
        {
            if (result.GetResult(Node) is not null && result.GetResult(Folder) is not null)
            {
                result.AddError("--node and --dir name two places: give one.");
            }
        });
    }

    public TestnetState? StateOf(CommandScope scope) => TestnetState.TryReadRunning(scope.Testnet(Testnet));

    /// <summary>The logs; those of several nodes in the testnet's order, the gateway's last.</summary>
    public IReadOnlyList<ILogSource> Find(CommandScope scope, string unlessGiven, LedgerVisitor visitor)
    {
        if (scope.Get(Folder) is { } folder)
        {
            string path = Path.GetFullPath(folder);
            return Directory.Exists(path)
                ? [new LogFolder(Path.GetFileName(path), path, null)]
                : throw CommandFailedException.Usage($"There is no folder {path}.");
        }

        string node = scope.Get(Node) ?? unlessGiven;
        if (Multiaddress.TryParse(node, out Multiaddress? address))
        {
            return address.Peer is { } peer && peer.TryNodeIdOf(out NodeId id)
                ? [new FetchedLog(new NodeNames(StateOf(scope)).Of(id), address, visitor)]
                : throw CommandFailedException.Usage($"--node: \"{node}\" does not end in /p2p and the node's id, so nothing would tell whose log came back.");
        }

        TestnetState state = StateOf(scope)
            ?? throw CommandFailedException.Unreachable($"Testnet '{scope.Testnet(Testnet).Name}' does not run, and no --dir was given.", "aria testnet up    or aria ledger … --dir DIR");
        TestnetNodeState[] nodes = [.. state.Nodes, state.Gateway];
        TestnetNodeState[] chosen = node == All ? nodes : [.. nodes.Where(one => one.Name == node)];
        return chosen.Length > 0
            ? [.. chosen.Select(one => Of(one, visitor))]
            : throw CommandFailedException.Precondition("unknown_node", $"Testnet '{state.Name}' has no node \"{node}\"; it has {string.Join(", ", nodes.Select(one => one.Name))}.");
    }

    // A node that does not run cannot be asked; its folder can.
    private static ILogSource Of(TestnetNodeState node, LedgerVisitor visitor) =>
        node.Process.IsAlive && Multiaddress.TryParse(node.Address, out Multiaddress? address)
            ? new FetchedLog(node.Name, address, visitor)
            : new LogFolder(node.Name, node.Data, NodeId.TryParse(node.NodeId, out NodeId id) ? id : null);
}
