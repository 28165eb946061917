using System.CommandLine;
using Aria.Cli.Commands;
using Aria.Cli.Testnet;

namespace Aria.Cli.Client;

/// <summary>Which gateway a command speaks to: <c>--node URL</c>, else ARIA_NODE, else the running testnet's.</summary>
internal sealed class GatewayAddress
{
    public Option<string?> Url { get; } = OptionParsers.Text("--node", "URL of the gateway (also: ARIA_NODE; default: the running testnet's)", "URL");

    public Option<string?> Testnet { get; } = OptionParsers.Text("--testnet", "The testnet to ask, when several run", "NAME");

    public void AddTo(Command command)
    {
        command.Add(Url);
        command.Add(Testnet);
    }

    /// <summary>The gateway, and the testnet it belongs to when that is known.</summary>
    public (GatewayClient Client, TestnetState? State) Find(CommandScope scope)
    {
        string? text = scope.Get(Url) ?? (Environment.GetEnvironmentVariable("ARIA_NODE") is { Length: > 0 } named ? named : null);
        TestnetState? state = TestnetState.TryReadRunning(scope.Testnet(Testnet));
        if (text is null)
        {
            return state is null
                ? throw CommandFailedException.Unreachable("No testnet runs, and no --node was given.", "aria testnet up")
                : (GatewayClient.Of(state), state);
        }

        return Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"
            ? (new GatewayClient(url, state?.Url == url.GetLeftPart(UriPartial.Authority) ? state.ControlToken : null), state)
            : throw CommandFailedException.Usage($"\"{text}\" is no http or https URL.");
    }
}
