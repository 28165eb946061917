using Aria.Cli.Testnet;

namespace Aria.Cli.Ledgers;

/// <summary>What people call a node: its name in the running testnet, else the start of its key.</summary>
internal sealed class NodeNames(TestnetState? state)
{
    private const int ShortDigits = 8;

    public string Of(NodeId id) => Of(id.ToString());

    public string Of(string id) =>
        state?.Nodes.Append(state.Gateway).FirstOrDefault(node => node.NodeId == id)?.Name ?? id[..ShortDigits];
}
