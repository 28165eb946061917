using System.CommandLine;
using Aria.Cli.Commands;

namespace Aria.Cli.Testnet;

/// <summary>The flags that overrule a topology file (specs/testnet.md §1).</summary>
internal sealed class TopologyFlags
{
    public Option<string?> File { get; } = OptionParsers.Text("--topology", "A topology file, such as testnet/uneven.jsonc; flags win over it", "FILE", "-f");

    public Option<string?> Model { get; } = OptionParsers.Text("--model", "A built-in model or a GGUF file; default aria-tiny", "MODEL", "-m");

    public Option<int?> Nodes { get; } = OptionParsers.Int("--nodes", "Node processes; default 4", 1, Topology.MaxNodes, "-n");

    public Option<int?> Replicas { get; } = OptionParsers.Int("--replicas", "Nodes that hold each span of layers; default 2 for an even number of at least 4 nodes, else 1", 1, Topology.MaxNodes);

    public Option<string?> Seed { get; } = OptionParsers.Text("--seed", "The nodes' keys derive from it; default 42", "TEXT");

    public Option<int?> Port { get; } = OptionParsers.Int("--port", "HTTP port on 127.0.0.1, 0 for any; default 7420", 0, 65535);

    public Option<int?> PeerPort { get; } = OptionParsers.Int("--peer-port", "First peer port, 0 for any; default 7421", 0, 65535);

    public Option<int?> Threads { get; } = OptionParsers.Int("--threads", "Compute threads of a node; default 1", 1, 256, "-t");

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { File, Model, Nodes, Replicas, Seed, Port, PeerPort, Threads })
        {
            command.Add(option);
        }
    }

    /// <exception cref="CommandFailedException">The file or a flag's value cannot be used.</exception>
    public Topology Read(CommandScope scope)
    {
        try
        {
            Topology topology = scope.Get(File) is { } path ? TopologyFile.Read(path) : new();
            return topology with
            {
                Model = scope.Get(Model) ?? topology.Model,
                Seed = SeedOf(scope.Get(Seed)) ?? topology.Seed,
                Port = scope.Get(Port) ?? topology.Port,
                PeerPort = scope.Get(PeerPort) ?? topology.PeerPort,
                Threads = scope.Get(Threads) ?? topology.Threads,
                Layout = LayoutOf(topology.Layout, scope.Get(Nodes), scope.Get(Replicas)),
            };
        }
        catch (TopologyException e)
        {
            throw CommandFailedException.Usage(e.Message);
        }
    }

    private static NodeLayout LayoutOf(NodeLayout layout, int? nodes, int? replicas) => (nodes, replicas, layout) switch
    {
        (null, null, _) => layout,
        ({ } count, null, _) => NodeLayout.Even.For(count),
        ({ } count, { } copies, _) => new NodeLayout.Even(count, copies),
        (null, { } copies, NodeLayout.Even even) => even with { Replicas = copies },
        _ => throw new TopologyException("--replicas goes with a number of nodes; the topology file lists who holds what by itself."),
    };

    private static string? SeedOf(string? text) =>
        text is null or { Length: > 0 and <= 256 } ? text : throw CommandFailedException.Usage("--seed: a text of 1 to 256 characters is expected.");
}
