using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Aria.Cli.Client;
using Aria.Cli.Ledgers;
using Aria.Cli.Output;
using Aria.Cli.Processes;
using Aria.Cli.Testnet;

namespace Aria.Cli.Commands;

/// <summary><c>aria peers</c>: the nodes that the gateway has found in the network, with what they say they serve.</summary>
internal static class PeersCommand
{
    private const string Path = "/v1/aria/peers";

    public static Command Create(GlobalOptions globals)
    {
        GatewayAddress address = new();
        Command command = new("peers", "List the nodes that the gateway has found, and what they serve");
        address.AddTo(command);
        command.Runs(globals, scope => RunAsync(scope, address));
        return command;
    }

    private static async Task<int> RunAsync(CommandScope scope, GatewayAddress address)
    {
        (GatewayClient client, TestnetState? state) = address.Find(scope);
        using GatewayClient gateway = client;
        using Deadline deadline = Deadline.Of(scope);
        using JsonDocument? document = await gateway.TryGetAsync(Path, deadline.Token);
        if (document is null)
        {
            throw CommandFailedException.Unreachable($"{gateway.Url} knows no {Path}: it may be no ARIA gateway.");
        }

        scope.Answer(document.RootElement, CliJson.Documents.JsonElement, () => Print(scope, document.RootElement.GetProperty("data"), new(state)));
        return ExitCode.Ok;
    }

    private static void Print(CommandScope scope, JsonElement peers, NodeNames names)
    {
        TextTable table = new("NODE", "SERVES", "ROUND TRIP", "RECORD ENDS", "ADDRESS");
        foreach (JsonElement peer in peers.EnumerateArray())
        {
            string served = string.Join(", ", peer.GetProperty("served").EnumerateArray().Select(Describe));
            bool lost = peer.TryGetProperty("unreachable_since_unix_ms", out JsonElement since) && since.ValueKind == JsonValueKind.Number;
            string trip = lost ? "unreachable"
                : peer.TryGetProperty("round_trip_ms", out JsonElement measured) && measured.ValueKind == JsonValueKind.Number ? $"{measured.GetDouble().ToString("0.00", CultureInfo.InvariantCulture)} ms"
                : "not measured";
            TimeSpan left = DateTimeOffset.FromUnixTimeMilliseconds(peer.GetProperty("expires_unix_ms").GetInt64()) - scope.Time.GetUtcNow();
            table.Add(
                names.Of(peer.GetProperty("node").GetString()!), served, trip, $"in {Math.Max(0, left.TotalSeconds).ToString("0", CultureInfo.InvariantCulture)} s",
                string.Join(' ', peer.GetProperty("addresses").EnumerateArray().Select(text => text.GetString())) + "/p2p/" + peer.GetProperty("peer").GetString());
        }

        table.Print(scope.Terminal);
    }

    private static string Describe(JsonElement span) =>
        $"{span.GetProperty("model").GetString()} {(span.GetProperty("embedding").GetBoolean() ? "E" : "")}{span.GetProperty("layers").GetString()}{(span.GetProperty("head").GetBoolean() ? "H" : "")}";
}
