using System.CommandLine;

namespace Aria.Cli.Commands;

/// <summary>Options that every command takes.</summary>
internal sealed class GlobalOptions
{
    /// <summary>Known before anything is parsed too: what is wrong with a line is told as a document where one was asked for.</summary>
    public const string JsonName = "--json";

    public Option<bool> Json { get; } = new(JsonName) { Description = "Print exactly one JSON document on standard output", Recursive = true };
    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Leave out remarks and progress", Recursive = true };
    public Option<bool> Verbose { get; } = new("--verbose", "-v") { Description = "Show the whole chain of an error", Recursive = true };
    public Option<bool> NoColor { get; } = new("--no-color") { Description = "No colours (also: NO_COLOR)", Recursive = true };
    public Option<string?> Home { get; } = new("--home") { Description = "Keep everything under this folder (also: ARIA_HOME)", HelpName = "DIR", Recursive = true };
    public Option<TimeSpan?> Timeout { get; } = OptionParsers.Duration("--timeout", "Give up after this time, such as 30s or 5m (exit 7)", recursive: true);

    public void AddTo(Command root)
    {
        foreach (Option option in new Option[] { Json, Quiet, Verbose, NoColor, Home, Timeout })
        {
            root.Add(option);
        }
    }
}
