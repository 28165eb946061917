using System.CommandLine;
using Aria.Cli.Output;
using Aria.Cli.Testnet;

namespace Aria.Cli.Commands;

/// <summary><c>aria testnet wait</c>: returns when the testnet can answer, for scripts.</summary>
internal static class TestnetWaitCommand
{
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public static Command Create(GlobalOptions globals)
    {
        Option<string?> name = TestnetName.Create();
        Option<string> until = new("--for") { Description = "ready: every node is online; coverage: every layer has one", HelpName = "ready|coverage", DefaultValueFactory = _ => "ready" };
        until.AcceptOnlyFromAmong("ready", "coverage");
        Command command = new("wait", "Wait until a testnet answers; exit 7 after --timeout (60s)") { name, until };
        command.Runs(globals, scope => RunAsync(scope, scope.Testnet(name), everyNode: scope.Get(until) == "ready"));
        return command;
    }

    private static async Task<int> RunAsync(CommandScope scope, TestnetFolder folder, bool everyNode)
    {
        TimeSpan patience = scope.Timeout ?? DefaultPatience;
        long started = scope.Time.GetTimestamp();
        while (true)
        {
            if (TestnetState.TryReadRunning(folder) is { } state
                && await TestnetStatusCommand.ReadAsync(state, scope.Stopping) is { Ready: true } status
                && (!everyNode || status.Testnet.Nodes.All(node => node.State == "online")))
            {
                scope.Answer(status, CliJson.Documents.StatusDocument, () => scope.Terminal.Line($"Testnet '{folder.Name}' is ready at {state.ApiUrl}"));
                return ExitCode.Ok;
            }

            if (scope.Time.GetElapsedTime(started) > patience)
            {
                throw CommandFailedException.TimedOut($"Testnet '{folder.Name}' was not ready within {patience.TotalSeconds:0.#} s.", "aria testnet status");
            }

            await Task.Delay(Interval, scope.Time, scope.Stopping);
        }
    }
}
