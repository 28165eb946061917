using System.CommandLine;
using Aria.Cli.Output;
using Aria.Cli.Processes;
using Aria.Cli.Testnet;

namespace Aria.Cli.Commands;

/// <summary><c>aria testnet down</c>: stops a testnet from any terminal; done already is done.</summary>
internal static class TestnetDownCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);           // the supervisor's own patience with its nodes, and the gateway's stop
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(15);

    public static Command Create(GlobalOptions globals)
    {
        Option<string?> name = TestnetName.Create();
        Option<bool> all = OptionParsers.Flag("--all", "Stop every testnet of this user");
        Command command = new("down", "Stop a testnet and all its processes; its ledgers stay") { name, all };
        command.Runs(globals, scope => RunAsync(scope, scope.Get(all) ? AllOf(scope) : [scope.Testnet(name)]));
        return command;
    }

    private static IReadOnlyList<TestnetFolder> AllOf(CommandScope scope)
    {
        string root = Path.Combine(scope.Folders.State, "testnets");
        return Directory.Exists(root) ? [.. Directory.EnumerateDirectories(root).Select(path => TestnetFolder.Of(scope.Folders, Path.GetFileName(path)))] : [];
    }

    private static async Task<int> RunAsync(CommandScope scope, IReadOnlyList<TestnetFolder> folders)
    {
        List<DownDocument> done = [];
        foreach (TestnetFolder folder in folders)
        {
            done.Add(await StopAsync(scope, folder));
        }

        scope.Answer(new(DownReport.SchemaName, done), CliJson.Documents.DownReport, () => done.ForEach(document => scope.Terminal.Line(document.ToString())));
        return done.Any(document => document.LeftOver.Count > 0) ? ExitCode.Bug : ExitCode.Ok;
    }

    private static async Task<DownDocument> StopAsync(CommandScope scope, TestnetFolder folder)
    {
        if (TestnetState.TryRead(folder) is not { } state)
        {
            return new(folder.Name, WasRunning: false, [], []);
        }

        bool running = state.Supervisor.IsAlive;
        List<int> killed = [];
        if (running)
        {
            Libc.Signal(state.Pid, Libc.SignalTerminate);
            if (!await state.Supervisor.GoneWithinAsync(scope.Timeout ?? Patience, scope.Stopping))
            {
                await state.Supervisor.KillAsync(KillPatience, scope.Stopping);
                killed.Add(state.Pid);
            }
        }

        // Nodes whose supervisor has gone end by their lifelines.
        List<int> leftOver = [];
        foreach (TestnetNodeState node in state.Nodes)
        {
            if (!await node.Process.GoneWithinAsync(Lifeline.Grace, scope.Stopping))
            {
                killed.Add(node.Pid);
                if (!await node.Process.KillAsync(KillPatience, scope.Stopping))
                {
                    leftOver.Add(node.Pid);
                }
            }
        }

        File.Delete(folder.StateFile);
        return new(folder.Name, running, killed, leftOver);
    }
}

/// <summary>What <c>down</c> did.</summary>
internal sealed record DownReport(string Schema, IReadOnlyList<DownDocument> Testnets)
{
    public const string SchemaName = "aria.testnet.down/1";
}

/// <summary>What <c>down</c> did to one testnet.</summary>
/// <param name="Name">The testnet.</param>
/// <param name="WasRunning">Whether its supervisor lived.</param>
/// <param name="Killed">Processes that did not stop when asked.</param>
/// <param name="LeftOver">Processes that could not be ended.</param>
internal sealed record DownDocument(string Name, bool WasRunning, IReadOnlyList<int> Killed, IReadOnlyList<int> LeftOver)
{
    public override string ToString() => this switch
    {
        { LeftOver.Count: > 0 } => $"Testnet '{Name}': could not end pid {string.Join(", ", LeftOver)}.",
        { Killed.Count: > 0 } => $"Testnet '{Name}' stopped; pid {string.Join(", ", Killed)} had to be killed.",
        { WasRunning: true } => $"Testnet '{Name}' stopped.",
        _ => $"Testnet '{Name}' was not running.",
    };
}
