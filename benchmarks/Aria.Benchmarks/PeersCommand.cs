using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Aria.Benchmarks.Contenders;
using Aria.Benchmarks.Reports;

namespace Aria.Benchmarks;

/// <summary><c>peers</c>: ours and other programs by turns on the same weights.</summary>
internal static class PeersCommand
{
    /// <summary>Peers where none is given on the command line, with semicolons between them.</summary>
    public const string PeersVariable = "ARIA_PEERS";

    private const int UsageError = 2;
    private const int Failed = 5;
    private const int Interrupted = 130;

    public static Command Create()
    {
        Option<string> model = new("--model", "-m") { Description = "Our model file", HelpName = "FILE", Required = true };
        Option<string[]> peers = new("--peer") { Description = $"A peer, as {PeerSpec.Form}; may be given several times. Default: the variable {PeersVariable}, several with semicolons between them", HelpName = "SPEC" };
        Option<string> aria = new("--aria") { Description = "The aria program or launcher; default: the launcher of this checkout", HelpName = "FILE", DefaultValueFactory = _ => AriaLauncher.Find() };
        Option<int> threads = Number("--threads", "Compute threads of every contender", 1, 1, "-t");
        Option<int[]> prompts = new("--prompt", "-p") { Description = "Lengths of prompts to read, with commas between them; 0 for none", HelpName = "N,…", DefaultValueFactory = _ => [128], CustomParser = Lengths };
        Option<int> generated = Number("--generate", "Tokens to write one by one; 0 for none", 0, 48, "-n");
        Option<int> requests = Number("--requests", "Sequences to write together; 0 for none", 0, 0);
        Option<int> rounds = Number("--rounds", "Samples of each figure", 1, 5, "-r");
        Option<string> json = new("--json") { Description = "Where the document with all samples goes", HelpName = "FILE" };
        Option<string> markdown = new("--markdown") { Description = "Where the table goes; default: standard output", HelpName = "FILE" };
        Command command = new("peers", "Tokens per second of ours and of other programs, by turns, with ratios") { model, peers, aria, threads, prompts, generated, requests, rounds, json, markdown };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                Workload workload = new(parsed.GetValue(threads), parsed.GetValue(prompts) ?? [], parsed.GetValue(generated), parsed.GetValue(requests));
                string[] specs = parsed.GetValue(peers) is { Length: > 0 } given ? given : Environment.GetEnvironmentVariable(PeersVariable)?.Split(';', StringSplitOptions.RemoveEmptyEntries) ?? [];
                PeersDocument document = await RunAsync(
                    new(parsed.GetValue(aria)!, parsed.GetValue(model)!), [.. specs.Select(PeerSpec.Parse)], workload, parsed.GetValue(rounds), cancellationToken);
                Write(parsed.GetValue(json), PeersJson.Of(document));
                Write(parsed.GetValue(markdown) ?? "-", PeersMarkdown.Of(document));
                return 0;
            }
            catch (OperationCanceledException)
            {
                return Interrupted;
            }
            catch (Exception e) when (e is FormatException or ContenderException or IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync($"error: {e.Message}");
                return e is FormatException ? UsageError : Failed;
            }
        });
        return command;
    }

    private static async Task<PeersDocument> RunAsync(AriaContender own, IReadOnlyList<PeerSpec> specs, Workload workload, int rounds, CancellationToken cancellationToken)
    {
        DateTimeOffset began = DateTimeOffset.UtcNow;
        (PeerSpec, IContender)[] peers = [.. specs.Select(spec => (spec, (IContender)new LlamaContender(spec)))];
        Race race = new([own, .. peers.Select(peer => peer.Item2)], workload, rounds, Console.Error.WriteLine);
        await race.RunAsync(cancellationToken);
        return PeersDocument.Of(race, own, peers, workload, rounds, began);
    }

    private static void Write(string? path, string text)
    {
        if (path == "-")
        {
            Console.Out.Write(text);
        }
        else if (path is not null)
        {
            File.WriteAllText(path, text);
        }
    }

    private static Option<int> Number(string name, string description, int min, int value, params string[] aliases)
    {
        Option<int> option = new(name, aliases) { Description = $"{description}; default {value}", HelpName = "N", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < min)
            {
                result.AddError($"{name}: a number from {min} on is expected.");
            }
        });
        return option;
    }

    private static int[] Lengths(ArgumentResult result)
    {
        List<int> lengths = [];
        foreach (string part in result.Tokens[^1].Value.Split(','))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int length) || lengths.Contains(length))
            {
                result.AddError("--prompt: different numbers with commas between them are expected.");
                return [];
            }

            lengths.Add(length);
        }

        return [.. lengths.Where(length => length > 0)];
    }
}
