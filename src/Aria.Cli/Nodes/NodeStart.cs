using System.Net.Sockets;
using Aria.Cli.Processes;
using Aria.Engine.Models;
using Aria.Ledger;
using Aria.Libp2p;
using Aria.Node;
using Microsoft.Extensions.Logging;

namespace Aria.Cli.Nodes;

/// <summary>Starts a node as its settings say, and tells failures as people need them.</summary>
internal static class NodeStart
{
    /// <summary>What writes the node's log and announces itself to peers.</summary>
    public const string Software = "aria/0.1.0";

    /// <param name="settings">The node.</param>
    /// <param name="model">Its model, opened; it stays the caller's.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="CommandFailedException">A port is taken, the ledger is refused or in use, or the folder, the model or its layers cannot be used.</exception>
    public static async Task<AriaNode> RunAsync(NodeSettings settings, ModelFile model, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        NodeOptions options = new()
        {
            Network = settings.Network,
            IdentitySeed = settings.IdentitySeed,
            DataDirectory = settings.Data,
            Listen = settings.Listen,
            Bootstrap = settings.Bootstrap,
            OpenedModel = model,
            Span = settings.Layers.SpanOf(model.Shape.Layers, settings.Embedding, settings.Head),
            Threads = settings.Threads,
            Kernels = settings.Kernels,
            Software = Software,
            EnergyTdpWatts = settings.TdpWatts,
            Reach = settings.Reach ?? new(),
        };
        if (settings.KvPositions is { } positions)
        {
            options = options with { KvPositions = positions };
        }

        try
        {
            return await AriaNode.StartAsync(options, time, loggers, cancellationToken);
        }
        catch (LedgerLockedException e)
        {
            throw new CommandFailedException(ExitCode.Precondition, "ledger_locked", e.Problem, e.NextStep, e);
        }
        catch (LedgerRefusedException e)
        {
            throw new CommandFailedException(ExitCode.Precondition, "ledger_refused", e.Problem, e.NextStep, e);
        }
        catch (AddressRefusedException e)
        {
            string holder = IsTaken(e) && PortOf(e.Address) is > 0 and var port && PortHolder.Of(port) is { } known ? $" It is held by {known}." : "";
            throw new CommandFailedException(ExitCode.Precondition, "port_busy", e.Problem + holder, e.NextStep, e);
        }
        catch (NodeStartException e)
        {
            throw new CommandFailedException(ExitCode.Precondition, "node_not_started", e.Problem, e.NextStep, e);
        }
    }

    // Another port's holder has nothing to do with an address that this machine has not.
    private static bool IsTaken(Exception? e) => e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } || (e is not null && IsTaken(e.InnerException));

    private static int PortOf(Multiaddress address) =>
        address.Parts.FirstOrDefault(part => part.Protocol == "tcp") is { Value: { } text } && int.TryParse(text, out int port) ? port : 0;
}
