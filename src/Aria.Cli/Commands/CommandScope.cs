using System.CommandLine;
using Aria.Cli.Output;
using Aria.Cli.Processes;
using Aria.Cli.Testnet;

namespace Aria.Cli.Commands;

/// <summary>What a running command works with.</summary>
internal sealed record CommandScope(ParseResult Arguments, Terminal Terminal, AriaFolders Folders, StopSignals Signals, TimeSpan? Timeout, TimeProvider Time)
{
    /// <summary>Cancelled by the first Ctrl-C or TERM, or when the time is up that the command has.</summary>
    public CancellationToken Stopping { get; init; } = Signals.Stopping;

    public T? Get<T>(Option<T> option) => Arguments.GetValue(option);

    public T? Get<T>(Argument<T> argument) => Arguments.GetValue(argument);

    /// <summary>The numbers of a list; null where the option was not given (the parser gives an empty array).</summary>
    public int[]? Numbers(Option<int[]?> option) => Get(option) is { Length: > 0 } numbers ? numbers : null;

    /// <summary>The named testnet's folder.</summary>
    public TestnetFolder Testnet(Option<string?> name) => TestnetFolder.Of(Folders, Get(name) ?? TestnetFolder.DefaultName);

    /// <summary>Writes the document with <c>--json</c>, else runs <paramref name="human"/>.</summary>
    public void Answer<T>(T document, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, Action human)
    {
        if (Terminal.Style.Json)
        {
            Terminal.Document(document, type);
        }
        else
        {
            human();
        }
    }
}
