using System.CommandLine;
using Aria.Cli.Client;
using Aria.Cli.Output;
using Aria.Cli.Testnet;

namespace Aria.Cli.Commands;

/// <summary><c>aria testnet status</c>: the nodes, their layers as a matrix, and whether every layer has a node.</summary>
internal static class TestnetStatusCommand
{
    private static readonly TimeSpan HealthPatience = TimeSpan.FromSeconds(10);

    public static Command Create(GlobalOptions globals)
    {
        Option<string?> name = TestnetName.Create();
        Command command = new("status", "Show nodes and layers; exit 3 if it is not up, 5 if a layer has no node") { name };
        command.RunsInTime(globals, scope => RunAsync(scope, scope.Running(name)));
        return command;
    }

    /// <summary>What the state file and the processes say now.</summary>
    public static async Task<StatusDocument> ReadAsync(TestnetState state, CancellationToken cancellationToken)
    {
        List<TestnetNodeState> nodes = [.. state.Nodes.Select(node => node.State is "online" or "starting" && !node.Process.IsAlive ? node with { State = "gone" } : node)];
        List<int> coverage = [.. Enumerable.Range(0, state.Layers).Select(layer => nodes.Count(node => node.State == "online" && LayersOf(node).Contains(layer)))];
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(HealthPatience);
        using GatewayClient client = GatewayClient.Of(state);
        string? reason;
        try
        {
            reason = await client.UnhealthyReasonAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            reason = "The gateway does not answer.";
        }

        return new(StatusDocument.SchemaName, reason is null, reason, coverage, state with { ControlToken = null, Nodes = nodes });
    }

    private static async Task<int> RunAsync(CommandScope scope, TestnetState state)
    {
        StatusDocument status = await ReadAsync(state, scope.Stopping);
        scope.Answer(status, CliJson.Documents.StatusDocument, () => Print(scope.Terminal, status));
        return status.Ready ? ExitCode.Ok : ExitCode.Precondition;
    }

    private static void Print(Terminal terminal, StatusDocument status)
    {
        TestnetState testnet = status.Testnet;
        string[] layers = [.. Enumerable.Range(0, testnet.Layers).Select(layer => layer.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        TextTable table = new(["NODE", "STATE", "PID", "PARTS", .. layers, "ADDRESS"]);
        foreach (TestnetNodeState node in testnet.Nodes)
        {
            string mark = node.State switch { "online" => "■", "starting" => "◌", _ => "✖" };
            string parts = $"{(node.Embedding ? "E" : "")}{node.Layers}{(node.Head ? "H" : "")}";
            string pid = node.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture);
            table.Add([node.Name, node.State, pid, parts, .. Enumerable.Range(0, testnet.Layers).Select(layer => LayersOf(node).Contains(layer) ? mark : "·"), node.Address]);
        }

        table.Print(terminal);
        terminal.Line($" coverage {string.Join(' ', status.Coverage)}   {Summary(status)}");
        terminal.Line($" API {testnet.ApiUrl}   logs {testnet.Logs}");
    }

    private static string Summary(StatusDocument status)
    {
        if (!status.Ready)
        {
            List<int> bare = [.. Enumerable.Range(0, status.Coverage.Count).Where(layer => status.Coverage[layer] == 0)];
            string node = bare.Count == 0 ? "" : $" No node for layer {string.Join(", ", bare)}.{Fix(status)}";
            return $"NOT READY: {status.Reason}{node}";
        }

        int lost = status.Testnet.Nodes.Count(node => node.State != "online");
        return lost == 0 ? "READY" : $"READY, {lost} of {status.Testnet.Nodes.Count} nodes down.{Fix(status)}";
    }

    private static string Fix(StatusDocument status) =>
        status.Testnet.Nodes.FirstOrDefault(node => node.State is not "online" and not "starting") is { } down ? $"  Fix: aria testnet start-node {down.Name}" : "";

    private static LayerRange LayersOf(TestnetNodeState node) => LayerRange.TryParse(node.Layers, out LayerRange range) ? range : default;
}

/// <summary>What <c>status --json</c> prints.</summary>
/// <param name="Schema">Names this document.</param>
/// <param name="Ready">Whether a request would find its way through every layer.</param>
/// <param name="Reason">Why not; null when it is ready.</param>
/// <param name="Coverage">For each layer, how many nodes serve it.</param>
/// <param name="Testnet">Processes and addresses.</param>
internal sealed record StatusDocument(string Schema, bool Ready, string? Reason, IReadOnlyList<int> Coverage, TestnetState Testnet)
{
    public const string SchemaName = "aria.testnet.status/1";
}
