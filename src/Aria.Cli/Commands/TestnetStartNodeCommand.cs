using System.CommandLine;
using System.Text.Json;
using Aria.Cli.Client;
using Aria.Cli.Kills;
using Aria.Cli.Output;

namespace Aria.Cli.Commands;

/// <summary><c>aria testnet start-node</c>: brings a killed node back with its key, ledger and address.</summary>
internal static class TestnetStartNodeCommand
{
    public const string Path = "/v1/aria/testnet/start";

    public static Command Create(GlobalOptions globals)
    {
        Argument<string> node = new("NODE") { Description = "A node of this testnet, such as n2" };
        Option<string?> name = TestnetName.Create();
        Command command = new("start-node", "Start a node that was killed or has ended") { node, name };
        command.RunsInTime(globals, async scope =>
        {
            using GatewayClient client = GatewayClient.Of(scope.Running(name));
            byte[] body = JsonSerializer.SerializeToUtf8Bytes(new(scope.Get(node)!), CliJson.Lines.StartRequest);
            StartReply? reply = null;
            await foreach (JsonElement line in client.LinesOfAsync(Path, body, scope.Stopping))
            {
                reply = line.Deserialize(CliJson.Lines.StartReply);
            }

            if (reply is not { Started: { } started })
            {
                throw CommandFailedException.Unreachable("The testnet stopped before the node was ready.", "aria testnet status");
            }

            scope.Answer(reply, CliJson.Documents.StartReply, () => scope.Terminal.Line($"{started} is online (pid {reply.Pid}) at {reply.Address}"));
            return ExitCode.Ok;
        });
        return command;
    }
}
