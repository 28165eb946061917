using System.Text.Json;
using Aria.Cli.Client;
using Aria.Cli.Ledgers;
using Aria.Cli.Testnet;
using Aria.Discovery;
using Aria.Libp2p;
using Aria.Node.Ledgers;
using Aria.Node.Traces;

namespace Aria.Cli.Audits;

/// <summary>Gets stages' traces: from nodes that run, wherever the gateway knows them, and from the folders of the testnet's nodes that do not.</summary>
internal sealed class TraceSearch(TestnetState? state, GatewayClient? gateway, LedgerVisitor visitor)
{
    /// <summary>The trace of a stage, unchecked; nothing where none can be had.</summary>
    public async Task<ReadOnlyMemory<byte>?> FindAsync(NodeId node, JobId job, int epoch, int stage, CancellationToken cancellationToken)
    {
        TestnetNodeState? known = state?.Nodes.FirstOrDefault(one => one.NodeId == node.ToString());
        if (known is { Process.IsAlive: false })
        {
            return await FromFolderAsync(known.Data, job, epoch, stage, cancellationToken);
        }

        IReadOnlyList<Multiaddress> addresses = known is not null && Multiaddress.TryParse(known.Address, out Multiaddress? address) ? [address] : await AddressesAsync(node, cancellationToken);
        foreach (Multiaddress one in addresses)
        {
            visitor.Meet(one);
        }

        try
        {
            byte[]? trace = addresses.Count == 0 ? null : await visitor.Client.TraceAsync(node.PeerIdOf(), job, epoch, stage, cancellationToken);
            return trace is null ? default(ReadOnlyMemory<byte>?) : trace;
        }
        catch (LedgerFetchException)
        {
            return null;
        }
    }

    private static async Task<ReadOnlyMemory<byte>?> FromFolderAsync(string data, JobId job, int epoch, int stage, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(data, "traces");
        byte[]? trace = await TraceStore.ReadFromAsync(folder, job, epoch, stage, cancellationToken);
        return trace is null ? default(ReadOnlyMemory<byte>?) : trace;
    }

    private async Task<IReadOnlyList<Multiaddress>> AddressesAsync(NodeId node, CancellationToken cancellationToken)
    {
        if (gateway is null)
        {
            return [];
        }

        try
        {
            using JsonDocument? peers = await gateway.TryGetAsync("/v1/aria/peers", cancellationToken);
            JsonElement? card = peers?.RootElement.GetProperty("data").EnumerateArray().Cast<JsonElement?>().FirstOrDefault(peer => peer!.Value.GetProperty("node").GetString() == node.ToString());
            return [.. card?.GetProperty("addresses").EnumerateArray().Select(text => Multiaddress.TryParse(text.GetString(), out Multiaddress? address) ? address.WithoutPeer().WithPeer(node.PeerIdOf()) : null).OfType<Multiaddress>() ?? []];
        }
        catch (CommandFailedException)
        {
            return [];          // a gateway that does not answer knows no addresses
        }
    }
}
