using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Aria.Cli.Client;
using Aria.Cli.Doctor;
using Aria.Cli.Nodes;
using Aria.Cli.Output;
using Aria.Cli.Processes;
using Aria.Cli.Testnet;
using Aria.Engine.Models;
using Microsoft.Extensions.Logging;

namespace Aria.Cli.Commands;

/// <summary><c>aria testnet up</c>: starts a network on this machine and stays with it until told to stop.</summary>
internal static class TestnetUpCommand
{
    /// <summary>What the first request continues; it goes through every layer and is on the ledger like any other.</summary>
    private const string FirstPrompt = "Once upon a time";

    private const int FirstTokens = 24;

    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CoverageInterval = TimeSpan.FromMilliseconds(20);

    public static Command Create(GlobalOptions globals)
    {
        TopologyFlags flags = new();
        Option<string?> name = TestnetName.Create();
        Option<string?> output = OptionParsers.Text("--out", "Also write the testnet's addresses to this file, without the control token", "FILE");
        Option<bool> detach = OptionParsers.Flag("--detach", "Return when it is ready; it runs on until aria testnet down", "-d");
        Option<bool> detached = new(DetachedFlag) { Hidden = true };
        Option<bool> reset = OptionParsers.Flag("--reset", "Delete the ledgers of this testnet first");
        Command command = new("up", "Start nodes, gateway and ledgers on loopback; Ctrl-C stops all of them") { name, output, detach, detached, reset };
        flags.AddTo(command);
        command.Runs(globals, async scope =>
        {
            Topology topology = flags.Read(scope);
            topology = topology with { Model = ModelNames.Settle(topology.Model) };
            TestnetFolder folder = scope.Testnet(name);
            if (scope.Get(detach))
            {
                return await DetachAsync(scope);
            }

            if (scope.Get(detached))
            {
                Daemon.LeaveTerminal();
            }

            using TestnetLock held = TestnetLock.Take(folder);
            return await RunAsync(scope, topology, folder, scope.Get(output), scope.Get(reset), scope.Get(detached));
        });
        return command;
    }

    private const string DetachedFlag = "--detached";

    private static async Task<int> DetachAsync(CommandScope scope)
    {
        IEnumerable<string> arguments = Environment.GetCommandLineArgs().Skip(1).Where(argument => argument is not ("--detach" or "-d")).Append(DetachedFlag);
        (ProcessIdentity? child, int status) = await Daemon.StartAsync(arguments, Console.Out, Console.Error, scope.Stopping);
        return child is null ? status : ExitCode.Ok;
    }

    private static async Task<int> RunAsync(CommandScope scope, Topology topology, TestnetFolder folder, string? output, bool reset, bool detached)
    {
        long begun = scope.Time.GetTimestamp();
        await EndLeftoversAsync(folder, scope.Stopping);
        using ModelFile model = ModelNames.Open(topology.Model);
        TestnetPlan plan = new(topology, LayoutOf(topology, model), model, folder, $"aria {string.Join(' ', Environment.GetCommandLineArgs().Skip(1))}");
        TestnetPorts.RequireFree(topology, plan.Layout, scope.Folders);
        if (reset && Directory.Exists(folder.Data))
        {
            Directory.Delete(folder.Data, recursive: true);
        }

        TestnetSeed.Claim(folder, topology.Seed);
        Steps steps = new(scope.Terminal, scope.Time);
        steps.Done("Checked machine", MachineChecks.Describe(), scope.Time.GetElapsedTime(begun));

        await using TestnetSupervisor supervisor = new(plan, scope.Time, scope.Terminal.Style.Verbose ? LogLevel.Debug : LogLevel.Information);
        scope.Signals.LastAct = supervisor.KillNow;
        using Deadline deadline = Deadline.Of(scope, DefaultPatience);
        FirstAnswer answer;
        try
        {
            answer = await StartAsync(scope, steps, supervisor, plan, deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.Passed)
        {
            throw CommandFailedException.TimedOut("The testnet was not ready in time.", "aria testnet logs");
        }
        catch (CommandFailedException) when (scope.Stopping.IsCancellationRequested)
        {
            // The terminal's Ctrl-C reached a node too, before it had its handler: the start was stopped, it did not fail.
            throw new OperationCanceledException(scope.Stopping);
        }

        TestnetState state = supervisor.State() with { ControlToken = null };
        if (output is not null)
        {
            WriteCopy(state, Path.GetFullPath(output));
        }

        UpDocument document = new(UpDocument.SchemaName, Math.Round(scope.Time.GetElapsedTime(begun).TotalSeconds, 3), answer, state);
        scope.Answer(document, CliJson.Documents.UpDocument, () => Print(scope.Terminal, document, detached));
        if (detached)
        {
            Daemon.LetGo();
        }

        await supervisor.RunAsync(scope.Terminal.Remark, scope.Stopping);
        scope.Terminal.Remark("stopping…");
        return ExitCode.Ok;
    }

    private static async Task<FirstAnswer> StartAsync(CommandScope scope, Steps steps, TestnetSupervisor supervisor, TestnetPlan plan, CancellationToken cancellationToken)
    {
        string size = (plan.Model.FileBytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);
        steps.Done($"Model {plan.Model.Name}", $"{plan.Model.Shape.Layers} layers, {size} MB, id {plan.Model.Id.ToString()[..8]}", TimeSpan.Zero);
        await steps.RunAsync(
            $"Started {plan.Layout.Nodes.Length} nodes",
            async () =>
            {
                await supervisor.StartGatewayAsync(cancellationToken);
                supervisor.StartNodes();
                await supervisor.StartServerAsync(cancellationToken);
                await supervisor.WhenNodesReadyAsync(cancellationToken);
                await supervisor.WhenNodesSeenAsync(cancellationToken);
                return 0;
            },
            _ => plan.Describe());
        using GatewayClient client = new(supervisor.Url, supervisor.ControlToken);
        return await steps.RunAsync(
            "First request",
            async () =>
            {
                while (!await client.IsHealthyAsync(cancellationToken))
                {
                    await Task.Delay(CoverageInterval, scope.Time, cancellationToken);
                }

                return await AskAsync(client, plan.Model.Name, cancellationToken);
            },
            answer => $"{answer.Tokens} tokens through {string.Join(" → ", answer.Hops.Select(hop => supervisor.NameOf(hop)))}, record {answer.Record?[..8] ?? "missing"}");
    }

    private static async Task<FirstAnswer> AskAsync(GatewayClient client, string model, CancellationToken cancellationToken)
    {
        StreamedAnswer answer = new();
        GenerationFlags flags = new(model, Temperature: 0, TopP: null, TopK: null, MinP: null, Seed: null, FirstTokens, []);
        await foreach (JsonElement chunk in client.StreamAsync("/v1/completions", flags.Completion(FirstPrompt), cancellationToken))
        {
            answer.Take(chunk);
        }

        JsonElement? aria = answer.Aria;
        return new(
            FirstPrompt, answer.Text, answer.Usage?.GetProperty("completion_tokens").GetInt32() ?? 0,
            [.. aria?.GetProperty("hops").EnumerateArray().Select(hop => hop.GetProperty("node").GetString()!) ?? []], aria?.GetProperty("record").GetString());
    }

    private static void WriteCopy(TestnetState state, string path)
    {
        try
        {
            state.Write(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandFailedException.Usage($"--out: {path} cannot be written: {e.Message}");
        }
    }

    private static TestnetLayout LayoutOf(Topology topology, ModelFile model)
    {
        try
        {
            return TestnetLayout.Of(topology, model.Shape.Layers);
        }
        catch (TopologyException e)
        {
            throw CommandFailedException.Usage(e.Message);
        }
    }

    // A supervisor that was killed leaves nodes that are just ending by their lifelines; their ports and ledgers are awaited.
    private static async Task EndLeftoversAsync(TestnetFolder folder, CancellationToken cancellationToken)
    {
        if (TestnetState.TryRead(folder) is not { } stale)
        {
            return;
        }

        foreach (TestnetNodeState node in stale.Nodes)
        {
            if (!await node.Process.GoneWithinAsync(Lifeline.Grace, cancellationToken))
            {
                await node.Process.KillAsync(TestnetSupervisor.StopPatience, cancellationToken);
            }
        }

        File.Delete(folder.StateFile);
    }

    private static void Print(Terminal terminal, UpDocument document, bool detached)
    {
        TestnetState testnet = document.Testnet;
        string name = testnet.Name == TestnetFolder.DefaultName ? "" : $" --name {testnet.Name}";
        string ask = testnet.Name == TestnetFolder.DefaultName ? "" : $" --testnet {testnet.Name}";
        terminal.Line($" API        {testnet.ApiUrl}        (no key needed on this machine)");
        terminal.Line($" Logs       {testnet.Logs}        aria testnet logs -f{name}");
        terminal.Line($" Try        aria chat{ask}        aria testnet kill-node {testnet.Nodes[0].Name}{name}        aria ledger verify{ask}");
        terminal.Line($" Stop       {(detached ? "" : "Ctrl-C, or ")}aria testnet down{name}");
        terminal.Line();
        terminal.Line($" {terminal.Paint(document.First.Prompt, Ink.Dim)}{document.First.Text.ReplaceLineEndings(" ")}");
        terminal.Line();
        terminal.Line($" Ready in {document.Seconds.ToString("0.0", CultureInfo.InvariantCulture)} s.");
    }
}

/// <summary>What <c>testnet up --json</c> prints when the testnet is ready.</summary>
internal sealed record UpDocument(string Schema, double Seconds, FirstAnswer First, TestnetState Testnet)
{
    public const string SchemaName = "aria.testnet.up/1";
}

/// <summary>The request that showed that every layer answers.</summary>
internal sealed record FirstAnswer(string Prompt, string Text, int Tokens, IReadOnlyList<string> Hops, string? Record);
