using System.CommandLine;
using System.Text.Json;
using Aria.Cli.Client;
using Aria.Cli.Kills;
using Aria.Cli.Output;
using Aria.Cli.Testnet;

namespace Aria.Cli.Commands;

/// <summary><c>aria testnet kill-node</c>: SIGKILL for a node, at once or when a running request has produced a token.</summary>
internal static class TestnetKillCommand
{
    public const string Path = "/v1/aria/testnet/kill";

    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(60);

    public static Command Create(GlobalOptions globals)
    {
        Argument<string?> node = new("NODE") { Description = "A node of this testnet, such as n2", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> name = TestnetName.Create();
        Option<int?> stage = OptionParsers.Int("--stage", "Whichever node runs this stage of the plan, from 0 (with --at-token)", 0, Topology.MaxNodes - 1);
        Option<int?> atToken = OptionParsers.Int("--at-token", "Kill when the running or next request has produced this token, before it is released", 1, int.MaxValue);
        Command command = new("kill-node", "Kill a node (SIGKILL), to see the others take over; exit 5 if it has no part in the request") { node, name, stage, atToken };
        command.Validators.Add(result =>
        {
            bool byName = result.GetResult(node)?.Tokens.Count > 0;
            bool byStage = result.GetResult(stage) is not null;
            if (byName == byStage)
            {
                result.AddError("Name one node, or --stage I.");
            }
            else if (byStage && result.GetResult(atToken) is null)
            {
                result.AddError("--stage goes with --at-token: without a request there is no plan.");
            }
        });
        command.Runs(globals, scope => RunAsync(
            scope, scope.Running(name), new(scope.Get(node), scope.Get(stage), scope.Get(atToken), (scope.Timeout ?? DefaultPatience).TotalSeconds)));
        return command;
    }

    private static async Task<int> RunAsync(CommandScope scope, TestnetState state, KillRequest request)
    {
        using GatewayClient client = GatewayClient.Of(state);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(request, CliJson.Lines.KillRequest);
        KillReply? last = null;
        await foreach (JsonElement line in client.LinesOfAsync(Path, body, scope.Stopping))
        {
            last = line.Deserialize(CliJson.Lines.KillReply);
            if (last is { Armed: true })
            {
                string whom = request.Node ?? $"the node of stage {request.Stage}";
                scope.Terminal.Remark($"armed: {whom} will be killed when it has served token {request.AtToken} of the running or next request");
            }
        }

        if (last is not { Killed: not null } killed)
        {
            throw CommandFailedException.Unreachable("The testnet stopped before the kill.", "aria testnet status");
        }

        scope.Answer(killed, CliJson.Documents.KillReply, () => scope.Terminal.Line(
            killed.Token is { } token ? $"killed {killed.Killed} (pid {killed.Pid}) at token {token}" : $"killed {killed.Killed} (pid {killed.Pid})"));
        return ExitCode.Ok;
    }
}
