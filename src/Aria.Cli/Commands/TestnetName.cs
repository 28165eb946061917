using System.CommandLine;
using Aria.Cli.Testnet;

namespace Aria.Cli.Commands;

/// <summary>The <c>--name</c> of every testnet command.</summary>
internal static class TestnetName
{
    public static Option<string?> Create() => OptionParsers.Text("--name", "Which testnet; default \"default\"", "NAME");

    /// <summary>The running testnet.</summary>
    /// <exception cref="CommandFailedException">None runs under that name.</exception>
    public static TestnetState Running(this CommandScope scope, Option<string?> name)
    {
        TestnetFolder folder = scope.Testnet(name);
        return TestnetState.TryReadRunning(folder)
            ?? throw CommandFailedException.Unreachable($"Testnet '{folder.Name}' does not run.", "aria testnet up");
    }
}
