using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Aria.Cli.Dht;
using Aria.Gateway.Dht;

namespace Aria.Cli.Commands;

/// <summary><c>aria dht put</c>: a value that the key's namespace allows, stored at the peers closest to the key.</summary>
internal static class DhtPutCommand
{
    private const int MaxBytes = 64 * 1024;

    public static Command Create(GlobalOptions globals)
    {
        DhtAccess access = new();
        Argument<string> key = new("KEY") { Description = DhtGetCommand.KeyHelp };
        Argument<string> file = new("FILE") { Description = "The file that holds the value; - reads it from standard input" };
        Command command = new(
            "put",
            "Put a value under a key. Only values that the key's namespace allows are taken: under /aria/node/ID the capability record that ID signed") { key, file };
        access.AddTo(command);
        command.Runs(globals, async scope =>
        {
            byte[] place = DhtGetCommand.Key(scope.Get(key)!);
            byte[] value = await ReadAsync(scope.Get(file)!, scope.Stopping);
            byte[] body = Encoding.UTF8.GetBytes($$"""{"key":{{JsonSerializer.Serialize(DhtKey.Format(place), Output.CliJson.Lines.String)}},"value_base64":"{{Convert.ToBase64String(value)}}"}""");
            return await access.RunAsync(
                scope,
                (network, cancelled) => network.PutAsync(place, value, cancelled),
                (gateway, cancelled) => gateway.TryPostAsync(access.Path(scope, "value"), body, cancelled),
                answer => scope.Terminal.Line($" {answer.Key}: {value.Length} bytes, held by {answer.Holders!.Value.ToString(CultureInfo.InvariantCulture)} peers, the asking one counted"),
                answer => $"No other peer took the value under {answer.Key}.");
        });
        return command;
    }

    private static async Task<byte[]> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            await using Stream source = file == "-" ? Console.OpenStandardInput() : File.OpenRead(file);
            byte[] buffer = new byte[MaxBytes + 1];
            int count = await source.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            return count <= MaxBytes ? buffer[..count] : throw CommandFailedException.Usage($"{file} holds more than the {MaxBytes} bytes that a value may have.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Precondition, "file_unusable", $"{file} cannot be read: {e.Message}", null, e);
        }
    }
}
