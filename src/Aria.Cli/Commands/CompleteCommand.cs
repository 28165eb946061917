using System.CommandLine;
using System.Text;
using System.Text.Json;
using Aria.Cli.Client;
using Aria.Cli.Ledgers;
using Aria.Cli.Output;
using Aria.Cli.Processes;
using Aria.Cli.Testnet;

namespace Aria.Cli.Commands;

/// <summary><c>aria complete</c>: continues a text. Standard output carries the model's words alone.</summary>
internal static class CompleteCommand
{
    /// <summary>Tokens generated when nothing is said.</summary>
    public const int DefaultMaxTokens = 64;

    /// <summary>Longest prompt read from standard input, in characters.</summary>
    private const int MaxPromptCharacters = 1 << 20;

    public static Command Create(GlobalOptions globals)
    {
        GenerationOptions options = new();
        Argument<string> prompt = new("PROMPT") { Description = "The text to continue; - reads it from standard input" };
        Option<int?> logprobs = OptionParsers.Int("--logprobs", "Tell each token's log-probability, and those of the N most probable beside it", 0, 20);
        Command command = new("complete", "Continue a text") { prompt };
        options.AddTo(command);
        command.Add(logprobs);
        command.Runs(globals, scope => RunAsync(scope, options, scope.Get(prompt)!, scope.Get(logprobs)), prompt);
        return command;
    }

    private static async Task<int> RunAsync(CommandScope scope, GenerationOptions options, string argument, int? logprobs)
    {
        (GatewayClient client, TestnetState? state) = options.Gateway.Find(scope);
        using GatewayClient gateway = client;
        string prompt = argument == "-" ? await ReadPromptAsync(scope.Stopping) : argument;
        GenerationFlags flags = options.Read(scope, state?.Model ?? Topology.DefaultModel, DefaultMaxTokens) with { Logprobs = logprobs };
        Terminal terminal = scope.Terminal;
        if (terminal.Redraws)
        {
            terminal.Text(terminal.Paint(prompt, Ink.Dim));
        }

        StreamedAnswer answer = new();
        using Deadline deadline = Deadline.Of(scope);
        try
        {
            await foreach (JsonElement chunk in gateway.StreamAsync("/v1/completions", flags.Completion(prompt), deadline.Token))
            {
                Show(terminal, answer.Take(chunk));
            }
        }
        catch (OperationCanceledException) when (deadline.Passed)
        {
            throw CommandFailedException.TimedOut("The answer took longer than --timeout allows.");
        }
        finally
        {
            Show(terminal, answer.Text.Length > 0 || terminal.Redraws ? "\n" : "");
        }

        foreach (TokenLogprob token in answer.Logprobs)
        {
            terminal.Remark(token.ToString());
        }

        terminal.Remark(terminal.Paint(answer.Remark(new NodeNames(state)), Ink.Dim));
        terminal.Document(CompletionDocument.Of(prompt, answer), CliJson.Documents.CompletionDocument);
        return ExitCode.Ok;
    }

    private static void Show(Terminal terminal, string piece)
    {
        if (!terminal.Style.Json && piece.Length > 0)
        {
            terminal.Text(piece);
        }
    }

    private static async Task<string> ReadPromptAsync(CancellationToken cancellationToken)
    {
        using StreamReader reader = new(Console.OpenStandardInput(), new UTF8Encoding(false, throwOnInvalidBytes: true));
        char[] buffer = new char[MaxPromptCharacters + 1];
        try
        {
            int count = await reader.ReadBlockAsync(buffer, cancellationToken);
            return count <= MaxPromptCharacters ? new(buffer, 0, count) : throw CommandFailedException.Usage($"The prompt is longer than {MaxPromptCharacters} characters.");
        }
        catch (DecoderFallbackException)
        {
            throw CommandFailedException.Usage("The prompt on standard input is not valid UTF-8.");
        }
    }
}

/// <summary>What <c>complete --json</c> prints.</summary>
internal sealed record CompletionDocument(
    string Schema, string Prompt, string Text, string? FinishReason, IReadOnlyList<TokenLogprob>? Logprobs, JsonElement? Usage, JsonElement? Aria)
{
    public const string SchemaName = "aria.complete/1";

    public static CompletionDocument Of(string prompt, StreamedAnswer answer) => 
        new(SchemaName, prompt, answer.Text, answer.FinishReason, answer.Logprobs is { Count: > 0 } logprobs ? logprobs : null, answer.Usage, answer.Aria);
}
