using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
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
            return ReportUsage(parsed, args.Contains(GlobalOptions.JsonName), string.Join(" ", parsed.Errors.Select(error => error.Message).Distinct()));
        }

        // Exceptions and signals are answered here: the parser's own handlers print stacks and give an action two seconds.
        return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>Gives a command its body. A word that is there and empty is refused: a script's variable was, and no name, number or path is.</summary>
    /// <param name="command">Its options and arguments are complete.</param>
    /// <param name="globals">What every command takes.</param>
    /// <param name="body">Returns the exit status.</param>
    /// <param name="mayBeEmpty">Texts that mean something when they are empty.</param>
    public static void Runs(this Command command, GlobalOptions globals, Func<CommandScope, Task<int>> body, params Symbol[] mayBeEmpty)
    {
        command.Validators.Add(result =>
        {
            foreach (SymbolResult given in result.Children.Where(child => child.Tokens.Any(token => token.Value.Length == 0)))
            {
                Symbol symbol = given is OptionResult option ? option.Option : ((ArgumentResult)given).Argument;
                if (!mayBeEmpty.Contains(symbol))
                {
                    given.AddError($"{symbol.Name}: something is expected, not \"\".");
                }
            }
        });
        command.SetAction((parsed, _) => RunAsync(globals, parsed, body));
    }

    /// <summary>As <see cref="Runs"/>, for a body that has no deadline of its own: <c>--timeout</c> cancels its <see cref="CommandScope.Stopping"/> and is told.</summary>
    public static void RunsInTime(this Command command, GlobalOptions globals, Func<CommandScope, Task<int>> body) => command.Runs(globals, async scope =>
    {
        using Deadline deadline = Deadline.Of(scope);
        try
        {
            return await body(scope with { Stopping = deadline.Token });
        }
        catch (OperationCanceledException) when (deadline.Passed)
        {
            throw CommandFailedException.TimedOut("It was not done within --timeout.");
        }
    });

    /// <summary>A command that only groups others: alone it is a usage error that shows the choices.</summary>
    public static Command Group(string name, string description, params Command[] commands)
    {
        Command group = new(name, description);
        foreach (Command command in commands)
        {
            group.Add(command);
        }

        group.SetAction(parsed => AsksForADocument(parsed) ? ReportMissingCommand(parsed) : ShowHelp(parsed, Console.Error, ExitCode.Usage));
        return group;
    }

    /// <summary>The program without a command: its help, unless a document was asked for.</summary>
    public static int RunBare(ParseResult parsed) => AsksForADocument(parsed) ? ReportMissingCommand(parsed) : ShowHelp(parsed, Console.Out, ExitCode.Ok);

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
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            // A folder that is read-only or no folder, a disk that is full: the machine's doing, wherever it shows.
            terminal.Failure(new(ExitCode.Precondition, "file_refused", refused.Message, "aria doctor", refused));
            return ExitCode.Precondition;
        }
        catch (Exception bug)
        {
            terminal.Failure(new(ExitCode.Bug, "internal", $"{bug.GetType().Name}: {bug.Message}", "aria --verbose … shows where", bug));
            return ExitCode.Bug;
        }
    }

    private static bool AsksForADocument(ParseResult parsed) => parsed.GetValue<bool>(GlobalOptions.JsonName);

    private static int ReportMissingCommand(ParseResult parsed) => ReportUsage(
        parsed, json: true, $"One of its commands is expected: {string.Join(", ", parsed.CommandResult.Command.Subcommands.Select(command => command.Name))}.");

    private static int ReportUsage(ParseResult parsed, bool json, string message)
    {
        Terminal terminal = Terminal.OfProcess(json, quiet: false, verbose: false, noColor: false);
        string command = string.Join(' ', Path(parsed.CommandResult.Command));
        terminal.Failure(CommandFailedException.Usage(message, $"{command} --help"));
        return ExitCode.Usage;
    }

    private static IEnumerable<string> Path(Command command) =>
        (command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? Path(parent) : []).Append(command is RootCommand ? "aria" : command.Name);

    // `aria help ledger verify` is `aria ledger verify --help`.
    private static string[] HelpAsOption(string[] args) => args is ["help", .. var rest] ? [.. rest, "--help"] : args;

    private static int ShowHelp(ParseResult parsed, TextWriter output, int exitCode)
    {
        parsed.InvocationConfiguration.Output = output;
        new HelpAction().Invoke(parsed);
        return exitCode;
    }
}
