using Aria.Cli.Nodes;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Libp2p;

namespace Aria.Cli.Testnet;

/// <summary>Everything that is settled before a testnet starts.</summary>
/// <param name="Topology">What was asked for.</param>
/// <param name="Layout">Who holds what.</param>
/// <param name="Model">The model, opened.</param>
/// <param name="Folder">Where it keeps its things.</param>
/// <param name="Command">The supervisor's command line, for people who ask who runs it.</param>
internal sealed record TestnetPlan(Topology Topology, TestnetLayout Layout, ModelFile Model, TestnetFolder Folder, string Command)
{
    public const string GatewayName = "gateway";

    /// <summary>The gateway's node: it knows the model's tokenizer and serves no layer.</summary>
    public NodeSettings GatewaySettings => new(
        GatewayName,
        [Multiaddress.Parse($"/ip4/127.0.0.1/tcp/{Layout.GatewayPeerPort}")],
        [],
        NodeFlags.DefaultNetwork,
        Topology.Model,
        ServedLayers.Parse(ServedLayers.NoneWord),
        null,
        null,
        1,
        KernelPath.Auto,
        NodeIdentity.FromText(NodeLaunch.SeedOf(Topology.Seed, GatewayName)),
        Folder.DataOf(GatewayName));

    /// <summary>How the nodes are started.</summary>
    /// <param name="bootstrap">The gateway's addresses.</param>
    public NodeLaunch LaunchFrom(IReadOnlyList<string> bootstrap) =>
        new(Environment.ProcessPath!, Folder, Topology.Model, Model.Shape.Layers, Topology.Seed, bootstrap);

    /// <summary><c>n1 n2 n3 n4, each layer held by 2 nodes</c></summary>
    public string Describe()
    {
        IReadOnlyList<int> holders = [.. Layout.HoldersOf(Model.Shape.Layers)];
        (int fewest, int most) = (holders.Min(), holders.Max());
        string held = fewest == most ? $"{fewest} node{(fewest == 1 ? "" : "s")}" : $"{fewest} to {most} nodes";
        string names = Layout.Nodes.Length <= 8 ? string.Join(' ', Layout.Nodes.Select(node => node.Name)) : $"{Layout.Nodes[0].Name} … {Layout.Nodes[^1].Name}";
        return $"{names}, each layer held by {held}";
    }
}
