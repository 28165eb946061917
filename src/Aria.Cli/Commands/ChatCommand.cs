using System.CommandLine;
using System.Text;
using System.Text.Json;
using Aria.Cli.Client;
using Aria.Cli.Ledgers;
using Aria.Cli.Output;
using Aria.Cli.Testnet;

namespace Aria.Cli.Commands;

/// <summary><c>aria chat</c>: a conversation, one line a turn, until <c>/quit</c> or the end of input.</summary>
internal static class ChatCommand
{
    private const string Help = "/reset begins anew · /stats tells about the last answer · /record shows its record's id · /quit ends";

    public static Command Create(GlobalOptions globals)
    {
        GenerationOptions options = new();
        Option<string?> system = OptionParsers.Text("--system", "A first message that sets the tone", "TEXT");
        Command command = new("chat", "Talk with the model; " + Help) { system };
        options.AddTo(command);
        command.Runs(globals, scope => RunAsync(scope, options, scope.Get(system)), system);
        return command;
    }

    private static async Task<int> RunAsync(CommandScope scope, GenerationOptions options, string? system)
    {
        if (scope.Terminal.Style.Json)
        {
            throw CommandFailedException.Usage("chat is a conversation and prints no document.", "aria complete --json …");
        }

        (GatewayClient client, TestnetState? state) = options.Gateway.Find(scope);
        using GatewayClient gateway = client;
        GenerationFlags flags = options.Read(scope, state?.Model ?? Topology.DefaultModel, null);
        Conversation conversation = new(scope, gateway, flags, state, system);
        if (!Console.IsInputRedirected)
        {
            scope.Terminal.Remark($"{flags.Model}: a small model for trying the network. {Help}");
        }

        // Reading a terminal cannot be cancelled: the reader stands on a thread of its own, and a stop does not wait for it.
        using StreamReader input = new(Console.OpenStandardInput(), Encoding.UTF8);
        while (true)
        {
            Prompt(scope.Terminal);
            string? line = await Task.Factory.StartNew(input.ReadLine, default, TaskCreationOptions.LongRunning, TaskScheduler.Default).WaitAsync(scope.Stopping);
            if (line is null || line.Trim() == "/quit")
            {
                return ExitCode.Ok;
            }

            await conversation.TakeAsync(line.Trim());
        }
    }

    private static void Prompt(Terminal terminal)
    {
        if (!Console.IsInputRedirected)
        {
            terminal.Text(terminal.Paint(">>> ", Ink.Green));
        }
    }
}

/// <summary>The turns so far, and what to do with the next line.</summary>
internal sealed class Conversation(CommandScope scope, GatewayClient gateway, GenerationFlags flags, TestnetState? state, string? system)
{
    private readonly List<(string Role, string Content)> _turns = [];
    private StreamedAnswer? _last;

    public async Task TakeAsync(string line)
    {
        switch (line)
        {
            case "":
                return;
            case "/reset":
                _turns.Clear();
                scope.Terminal.Remark("(a new conversation)");
                return;
            case "/stats":
                scope.Terminal.Remark(_last?.Remark(new NodeNames(state)) ?? "(nothing said yet)");
                return;
            case "/record":
                scope.Terminal.Remark(_last?.Aria?.GetProperty("record").GetString() ?? "(no record yet)");
                return;
            case ['/', ..]:
                scope.Terminal.Remark($"{line} is no command here: /reset, /stats, /record or /quit");
                return;
            default:
                await AnswerAsync(line);
                return;
        }
    }

    private async Task AnswerAsync(string line)
    {
        StreamedAnswer answer = new();
        CommandFailedException? failure = null;
        try
        {
            (string, string)[] opening = system is null ? [] : [("system", system)];
            ReadOnlyMemory<byte> body = flags.Chat([.. opening, .. _turns, ("user", line)]);
            await foreach (JsonElement chunk in gateway.StreamAsync("/v1/chat/completions", body, scope.Stopping))
            {
                scope.Terminal.Text(answer.Take(chunk));
            }

            _turns.AddRange([("user", line), ("assistant", answer.Text)]);
            _last = answer;
        }
        catch (CommandFailedException e) when (IsFull(e) || !Console.IsInputRedirected)
        {
            failure = e;                                // the conversation goes on: whoever sits there may mend it and ask again
        }
        finally
        {
            if (answer.Text.Length > 0)
            {
                scope.Terminal.Text("\n");
            }
        }

        if (failure is not null && IsFull(failure))
        {
            scope.Terminal.Remark($"{failure.Message} /reset begins anew.");
        }
        else if (failure is not null)
        {
            scope.Terminal.Failure(failure);
        }
    }

    private static bool IsFull(CommandFailedException failure) => failure.Code == "context_length_exceeded";
}
