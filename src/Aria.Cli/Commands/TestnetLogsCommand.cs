using System.CommandLine;
using System.Text;
using System.Text.RegularExpressions;
using Aria.Cli.Output;
using Aria.Cli.Processes;
using Aria.Cli.Testnet;

namespace Aria.Cli.Commands;

/// <summary><c>aria testnet logs</c>: the last lines of the nodes' logs, and with <c>-f</c> what comes.</summary>
internal static class TestnetLogsCommand
{
    private const int DefaultLines = 50;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PatternPatience = TimeSpan.FromSeconds(1);

    public static Command Create(GlobalOptions globals)
    {
        Argument<string[]> nodes = new("NODE") { Description = "Nodes, \"gateway\" and \"supervisor\" included; default all", Arity = ArgumentArity.ZeroOrMore };
        Option<string?> name = TestnetName.Create();
        Option<bool> follow = OptionParsers.Flag("--follow", "Go on until Ctrl-C", "-f");
        Option<int?> tail = OptionParsers.Int("--tail", $"Lines of each log; default {DefaultLines}", 0, 100_000);
        Option<string?> grep = OptionParsers.Text("--grep", "Only lines that match this regular expression", "RE");
        Command command = new("logs", "Show the nodes' logs") { nodes, name, follow, tail, grep };
        command.RunsInTime(globals, scope =>
        {
            Regex? pattern = PatternOf(scope.Get(grep));
            if (scope.Get(follow) && scope.Terminal.Style.Json)
            {
                throw CommandFailedException.Usage("--json prints one document: it does not go with --follow.");
            }

            IReadOnlyList<(string Node, string Path)> logs = LogsOf(scope.Testnet(name), scope.Get(nodes) ?? []);
            int width = logs.Max(log => log.Node.Length);
            List<LogLine> lines = [.. logs.SelectMany(log => LogFile.Tail(log.Path, scope.Get(tail) ?? DefaultLines).Select(line => new LogLine(log.Node, line)))];
            lines = [.. lines.Where(line => pattern?.IsMatch(line.Line) ?? true).OrderBy(line => line.Line, StringComparer.Ordinal)];
            scope.Answer(new(LogsDocument.SchemaName, lines), CliJson.Documents.LogsDocument, () => lines.ForEach(line => Print(scope.Terminal, line, width)));
            return scope.Get(follow) ? FollowAsync(scope, logs, pattern, width) : Task.FromResult(ExitCode.Ok);
        });
        return command;
    }

    private static Regex? PatternOf(string? text)
    {
        try
        {
            return text is null ? null : new(text, RegexOptions.CultureInvariant, PatternPatience);
        }
        catch (ArgumentException e)
        {
            throw CommandFailedException.Usage($"--grep: {e.Message}");
        }
    }

    private static List<(string Node, string Path)> LogsOf(TestnetFolder folder, string[] nodes)
    {
        if (!Directory.Exists(folder.Logs))
        {
            throw CommandFailedException.Unreachable($"Testnet '{folder.Name}' has no logs: it was never started here.", "aria testnet up");
        }

        List<(string Node, string Path)> logs = [.. Directory.EnumerateFiles(folder.Logs, "*.log").Order(StringComparer.Ordinal).Select(path => (Path.GetFileNameWithoutExtension(path), path))];
        string? unknown = nodes.FirstOrDefault(node => !logs.Any(log => log.Node == node));
        if (unknown is not null || logs.Count == 0)
        {
            throw CommandFailedException.Precondition("unknown_node", $"There is no log of \"{unknown}\"; there are {string.Join(", ", logs.Select(log => log.Node))}.");
        }

        return nodes.Length == 0 ? logs : [.. logs.Where(log => nodes.Contains(log.Node))];
    }

    private static async Task<int> FollowAsync(CommandScope scope, IReadOnlyList<(string Node, string Path)> logs, Regex? pattern, int width)
    {
        Dictionary<string, long> read = logs.ToDictionary(log => log.Path, log => LengthOf(log.Path));
        while (true)
        {
            await Task.Delay(Interval, scope.Time, scope.Stopping);
            foreach ((string node, string path) in logs)
            {
                (IReadOnlyList<string> lines, read[path]) = ReadFrom(path, read[path]);
                foreach (string line in lines.Where(line => pattern?.IsMatch(line) ?? true))
                {
                    Print(scope.Terminal, new(node, line), width);
                }
            }
        }
    }

    // Whole lines only; a file that shrank was begun anew.
    private static (IReadOnlyList<string> Lines, long Position) ReadFrom(string path, long position)
    {
        long length = LengthOf(path);
        long from = length < position ? 0 : position;
        if (length == from)
        {
            return ([], from);
        }

        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[Math.Min(length - from, LogFile.MaxBytes)];
        stream.Seek(from, SeekOrigin.Begin);
        int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        int end = bytes.AsSpan(0, count).LastIndexOf((byte)'\n') + 1;
        return (Encoding.UTF8.GetString(bytes, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries), from + end);
    }

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true, Length: var length } ? length : 0;

    private static void Print(Terminal terminal, LogLine line, int width) => terminal.Line($"{terminal.Paint(line.Node.PadRight(width), Ink.Dim)} {line.Line}");
}

/// <summary>What <c>logs --json</c> prints.</summary>
internal sealed record LogsDocument(string Schema, IReadOnlyList<LogLine> Lines)
{
    public const string SchemaName = "aria.testnet.logs/1";
}

/// <summary>One line of a node's log.</summary>
internal sealed record LogLine(string Node, string Line);
