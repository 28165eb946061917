using System.CommandLine;
using System.Text.Json;
using Aria.Cli.Client;
using Aria.Cli.Commands;
using Aria.Cli.Nodes;
using Aria.Cli.Output;
using Aria.Cli.Processes;
using Aria.Gateway.Dht;
using Aria.Libp2p;

namespace Aria.Cli.Dht;

/// <summary>Which hash table a command asks: a gateway's, or with <c>--bootstrap</c> the network's, as a client-mode peer of its own.</summary>
internal sealed class DhtAccess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public GatewayAddress Gateway { get; } = new();

    public Option<string[]> Bootstrap { get; } = new("--bootstrap")
    {
        Description = "Ask the network oneself instead of a gateway, joining by this node's address with /p2p; may be given several times",
        HelpName = "MULTIADDRESS",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public Option<bool> Trace { get; } = OptionParsers.Flag("--trace", "Show every request of the lookups, hop by hop");

    public void AddTo(Command command)
    {
        command.Add(Bootstrap);
        command.Add(Trace);
        Gateway.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(Bootstrap) is not null && result.GetResult(Gateway.Url) is not null)
            {
                result.AddError("--bootstrap and --node name two ways to the network: give one.");
            }
        });
    }

    /// <summary>Asks, prints the document with <c>--json</c>, else <paramref name="print"/> and the trace; exits 5 where nothing was found.</summary>
    public async Task<int> RunAsync(
        CommandScope scope, Func<DhtQueries, CancellationToken, Task<DhtAnswer>> askNetwork, Func<GatewayClient, CancellationToken, Task<JsonDocument?>> askGateway,
        Action<DhtAnswer> print, Func<DhtAnswer, string> notFound)
    {
        using Deadline deadline = Deadline.Of(scope, Patience);
        DhtAnswer answer;
        try
        {
            answer = scope.Get(Bootstrap) is { Length: > 0 } addresses
                ? await DhtVisitor.AskAsync([.. addresses.Select(Address)], scope.Time, scope.Get(Trace), askNetwork, deadline.Token)
                : await ThroughGatewayAsync(scope, askGateway, deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.Passed)
        {
            throw CommandFailedException.TimedOut("The hash table gave no answer in time.", "aria dht … --timeout 2m");
        }

        if (!answer.Found)
        {
            if (answer.Trace is not null)
            {
                scope.Terminal.Remark(TraceText.Of(answer));
            }

            throw CommandFailedException.Precondition("not_found", notFound(answer));
        }

        scope.Answer(answer, CliJson.Documents.DhtAnswer, () =>
        {
            print(answer);
            if (answer.Trace is not null)
            {
                scope.Terminal.Remark(TraceText.Of(answer));
            }
        });
        return ExitCode.Ok;
    }

    /// <summary>The path and query of a question to a gateway.</summary>
    public string Path(CommandScope scope, string what, params (string Name, string Value)[] parameters) =>
        $"/v1/aria/dht/{what}?" + string.Join('&', parameters.Append(("trace", scope.Get(Trace) ? "true" : "false")).Select(one => $"{one.Item1}={Uri.EscapeDataString(one.Item2)}"));

    private async Task<DhtAnswer> ThroughGatewayAsync(CommandScope scope, Func<GatewayClient, CancellationToken, Task<JsonDocument?>> ask, CancellationToken cancellationToken)
    {
        (GatewayClient client, _) = Gateway.Find(scope);
        using GatewayClient gateway = client;
        using JsonDocument document = await ask(gateway, cancellationToken)
            ?? throw CommandFailedException.Unreachable($"{gateway.Url} has no hash table to ask: it may be no ARIA gateway, or an older one.");
        return document.Deserialize(CliJson.Documents.DhtAnswer)!;
    }

    private static Multiaddress Address(string text) => Multiaddress.TryParse(text, out Multiaddress? address) && address.Peer is not null
        ? address
        : throw CommandFailedException.Usage($"--bootstrap: \"{text}\" is no multiaddress that ends in /p2p and the peer's id.", $"--bootstrap {NodeFlags.DefaultListen[..^1]}7421/p2p/12D3KooW…");
}
