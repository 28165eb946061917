using System.CommandLine;
using Aria.Cli.Nodes;
using Aria.Cli.Output;
using Aria.Cli.Processes;
using Aria.Cli.Testnet;
using Aria.Engine.Models;
using Aria.Ledger;
using Aria.Node;
using Microsoft.Extensions.Logging;

namespace Aria.Cli.Commands;

/// <summary><c>aria node run</c>: one node, until it is told to stop.</summary>
internal static class NodeRunCommand
{
    public static Command Create(GlobalOptions globals)
    {
        NodeFlags flags = new();
        Command command = new("run", "Run a node: it joins a network, serves layers of a model and keeps its own log");
        flags.AddTo(command);
        command.Runs(globals, scope =>
        {
            if (scope.Get(flags.Lifeline))
            {
                scope.Signals.IgnoresInterrupt = true;
                Lifeline.Watch(Console.OpenStandardInput(), () => scope.Signals.Stop(ExitCode.Ok));
            }

            return RunAsync(scope, flags.Read(scope));
        });
        return command;
    }

    private static async Task<int> RunAsync(CommandScope scope, NodeSettings settings)
    {
        Terminal terminal = scope.Terminal;
        using LineLoggers loggers = new(terminal.Remark, terminal.Style.Verbose ? LogLevel.Debug : LogLevel.Information);
        using ModelFile model = ModelNames.Open(settings.Model);
        await using AriaNode node = await NodeStart.RunAsync(settings, model, scope.Time, loggers, scope.Stopping);
        if (!terminal.Style.Json)
        {
            foreach (string address in node.Addresses.Select(address => address.ToString()))
            {
                terminal.Line(NodeLaunch.AddressWord + address);
            }

            terminal.Line(NodeLaunch.ReadyWord);
        }

        terminal.Document(NodeDocument.Of(settings.Name, node), CliJson.Documents.NodeDocument);
        try
        {
            await node.RunAsync(scope.Stopping);
        }
        catch (LedgerStoppedException e)
        {
            throw new CommandFailedException(ExitCode.Precondition, "ledger_stopped", e.Message, $"make room on the disk of {settings.Data}, then start the node again", e);
        }

        return scope.Signals.ExitStatus ?? ExitCode.Ok;
    }
}
