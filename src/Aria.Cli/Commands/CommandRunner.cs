using System.CommandLine;
using System.CommandLine.Help;
using Aria.Cli.Output;
using Aria.Cli.Processes;

namespace Aria.Cli.Commands;

/// <summary>Turns a parsed line into an exit status: usage errors, expected failures, signals and bugs each have their own.</summary>
internal static class CommandRunner
{
    /// <summary>Parses and runs <paramref name="args"/>.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        GlobalOptions globals = new();
        RootCommand root = CommandTree.Build(globals);
        ParseResult parsed = root.Parse(HelpAsOption(args));
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            return ReportUsage(parsed, args.Contains("--json"));
        }

        // Exceptions and signals are answered here: the parser's own handlers print stacks and give an action two seconds.
        return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>Gives a command its body.</summary>
    public static void Runs(this Command command, GlobalOptions globals, Func<CommandScope, Task<int>> body) =>
        command.SetAction((parsed, _) => RunAsync(globals, parsed, body));

    /// <summary>A command that only groups others: alone it is a usage error that shows the choices.</summary>
    public static Command Group(string name, string description, params Command[] commands)
    {
        Command group = new(name, description);
        foreach (Command command in commands)
        {
            group.Add(command);
        }

        group.SetAction(parsed =>
        {
            new HelpAction().Invoke(WithOutput(parsed, Console.Error));
            return ExitCode.Usage;
        });
        return group;
    }

    /// <summary>Shows the help of the command that <paramref name="parsed"/> names.</summary>
    public static int ShowHelp(ParseResult parsed) => new HelpAction().Invoke(parsed);

    private static async Task<int> RunAsync(GlobalOptions globals, ParseResult parsed, Func<CommandScope, Task<int>> body)
    {
        Terminal terminal = Terminal.OfProcess(
            parsed.GetValue(globals.Json), parsed.GetValue(globals.Quiet), parsed.GetValue(globals.Verbose), parsed.GetValue(globals.NoColor));
        using StopSignals signals = new();
        CommandScope scope = new(
            parsed, terminal, AriaFolders.Of(parsed.GetValue(globals.Home), Environment.GetEnvironmentVariable), signals, parsed.GetValue(globals.Timeout), TimeProvider.System);
        try
        {
            return await body(scope);
        }
        catch (CommandFailedException failure)
        {
            terminal.Failure(failure);
            return failure.ExitCode;
        }
        catch (OperationCanceledException) when (signals.ExitStatus is { } status)
        {
            return status;
        }
        catch (Exception bug)
        {
            terminal.Failure(new(ExitCode.Bug, "internal", $"{bug.GetType().Name}: {bug.Message}", "aria --verbose … shows where", bug));
            return ExitCode.Bug;
        }
    }

    private static int ReportUsage(ParseResult parsed, bool json)
    {
        Terminal terminal = Terminal.OfProcess(json, quiet: false, verbose: false, noColor: false);
        string command = string.Join(' ', Path(parsed.CommandResult.Command));
        string messages = string.Join(" ", parsed.Errors.Select(error => error.Message).Distinct());
        terminal.Failure(CommandFailedException.Usage(messages, $"{command} --help"));
        return ExitCode.Usage;
    }

    private static IEnumerable<string> Path(Command command) =>
        (command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? Path(parent) : []).Append(command is RootCommand ? "aria" : command.Name);

    // `aria help ledger verify` is `aria ledger verify --help`.
    private static string[] HelpAsOption(string[] args) => args is ["help", .. var rest] ? [.. rest, "--help"] : args;

    private static ParseResult WithOutput(ParseResult parsed, TextWriter output)
    {
        parsed.InvocationConfiguration.Output = output;
        return parsed;
    }
}
