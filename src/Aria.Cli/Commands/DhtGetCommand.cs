using System.CommandLine;
using System.Globalization;
using System.Text;
using Aria.Cli.Dht;
using Aria.Cli.Output;
using Aria.Gateway.Dht;

namespace Aria.Cli.Commands;

/// <summary><c>aria dht get</c>: the best valid value under a key.</summary>
internal static class DhtGetCommand
{
    /// <summary>What a key looks like.</summary>
    public const string KeyHelp = "The key: a text such as /aria/node/12D3KooW…, or hex: and its bytes";

    public static Command Create(GlobalOptions globals)
    {
        DhtAccess access = new();
        Argument<string> key = new("KEY") { Description = KeyHelp };
        Option<string?> output = OptionParsers.Text("--output", "Write the value's bytes to this file; - writes them to standard output", "FILE", "-o");
        Command command = new("get", "Get the value under a key; exits 5 where nobody holds one") { key };
        command.Add(output);
        access.AddTo(command);
        command.Runs(globals, scope =>
        {
            byte[] bytes = Key(scope.Get(key)!);
            return access.RunAsync(
                scope,
                (network, cancelled) => network.GetAsync(bytes, cancelled),
                (gateway, cancelled) => gateway.TryGetAsync(access.Path(scope, "value", ("key", DhtKey.Format(bytes))), cancelled),
                answer => Print(scope, answer, scope.Get(output)),
                answer => $"Nobody holds a valid value under {answer.Key}.");
        });
        return command;
    }

    /// <exception cref="CommandFailedException">It is none.</exception>
    public static byte[] Key(string text) => DhtKey.TryParse(text, out byte[]? key)
        ? key
        : throw CommandFailedException.Usage($"\"{text}\" is no key: a text, or hex: and hexadecimal digits, of 1 to 512 bytes is expected.");

    private static void Print(CommandScope scope, DhtAnswer answer, string? output)
    {
        byte[] value = Convert.FromBase64String(answer.ValueBase64!);
        if (output == "-")
        {
            using Stream raw = Console.OpenStandardOutput();
            raw.Write(value);
            return;
        }

        if (output is not null)
        {
            Save(output, value);
            scope.Terminal.Remark($"{value.Length} bytes written to {output}");
            return;
        }

        Terminal terminal = scope.Terminal;
        terminal.Line($" {answer.Key}: {value.Length} bytes");
        if (answer.Record is { } record)
        {
            PrintRecord(scope, record);
        }
        else
        {
            terminal.Line(IsText(value) ? " " + Encoding.UTF8.GetString(value) : " hex:" + Convert.ToHexStringLower(value));
        }
    }

    /// <summary>A capability record, a line an element.</summary>
    public static void PrintRecord(CommandScope scope, DhtCapability record)
    {
        TimeSpan left = DateTimeOffset.FromUnixTimeMilliseconds(record.ExpiresUnixMs) - scope.Time.GetUtcNow();
        scope.Terminal.Line($"   node       {record.Node}");
        scope.Terminal.Line($"   network    {record.Network}");
        scope.Terminal.Line($"   serves     {(record.Served.Count == 0 ? "nothing" : string.Join(", ", record.Served))}");
        scope.Terminal.Line($"   sequence   {record.Sequence.ToString(CultureInfo.InvariantCulture)}");
        scope.Terminal.Line($"   ends       in {Math.Max(0, left.TotalSeconds).ToString("0", CultureInfo.InvariantCulture)} s");
        scope.Terminal.Line($"   addresses  {string.Join(' ', record.Addresses)}");
    }

    private static bool IsText(byte[] value) => value.All(one => one is >= 0x20 and < 0x7f);

    private static void Save(string path, byte[] value)
    {
        try
        {
            File.WriteAllBytes(path, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Precondition, "file_unusable", $"{path} cannot be written: {e.Message}", null, e);
        }
    }
}
