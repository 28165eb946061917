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
        DateTimeOffset now = scope.Time.GetUtcNow();
        TextTable table = new("NODE", "SERVES", "STEPS/s", "ROUND TRIP", "RECORD", "VIA", "ADDRESS");
        foreach (JsonElement peer in peers.EnumerateArray())
        {
            JsonElement[] served = [.. peer.GetProperty("served").EnumerateArray()];
            string trip = Number(peer, "unreachable_since_unix_ms") is { } since ? $"unreachable for {Seconds(now - At(since))}"
                : Number(peer, "round_trip_ms") is { } measured ? $"{measured.ToString("0.00", CultureInfo.InvariantCulture)} ms"
                : "not measured";
            string age = Number(peer, "received_unix_ms") is { } received ? $"{Seconds(now - At(received))} old, " : "";
            table.Add(
                names.Of(peer.GetProperty("node").GetString()!),
                served.Length == 0 ? "nothing" : string.Join(", ", served.Select(Describe)),
                string.Join(", ", served.Select(Rate)),
                trip,
                $"{age}ends in {Seconds(At(peer.GetProperty("expires_unix_ms").GetInt64()) - now)}",
                peer.TryGetProperty("source", out JsonElement source) ? source.GetString()! : "",
                string.Join(' ', peer.GetProperty("addresses").EnumerateArray().Select(text => text.GetString())) + "/p2p/" + peer.GetProperty("peer").GetString());
        }

        table.Print(scope.Terminal);
    }

    // The claim, and what it counts as where that is something else.
    private static string Rate(JsonElement span)
    {
        if (!span.TryGetProperty("claimed", out JsonElement claimed))
        {
            return "";
        }

        string Text(JsonElement rate) => rate.GetProperty("tokens_per_second").GetDouble().ToString("0", CultureInfo.InvariantCulture);
        JsonElement counted = span.GetProperty("counts_as");
        return claimed.GetProperty("step_us").GetInt64() == counted.GetProperty("step_us").GetInt64() ? Text(claimed) : $"{Text(claimed)}→{Text(counted)}";
    }

    private static double? Number(JsonElement of, string name) =>
        of.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static DateTimeOffset At(double unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds((long)unixMilliseconds);

    private static string Seconds(TimeSpan time) => $"{Math.Max(0, time.TotalSeconds).ToString("0", CultureInfo.InvariantCulture)} s";

    private static string Describe(JsonElement span) =>
        $"{span.GetProperty("model").GetString()} {(span.GetProperty("embedding").GetBoolean() ? "E" : "")}{span.GetProperty("layers").GetString()}{(span.GetProperty("head").GetBoolean() ? "H" : "")}";
}
