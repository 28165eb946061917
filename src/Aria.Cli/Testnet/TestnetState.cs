using System.Text.Json;
using Aria.Cli.Output;
using Aria.Cli.Processes;

namespace Aria.Cli.Testnet;

/// <summary>
/// The file a running testnet keeps for other commands: who runs it, where, and each node's process. Written whole, then renamed
/// into place; readable by its owner alone, because the control token stands in it.
/// </summary>
internal sealed record TestnetState
{
    public const string SchemaName = "aria.testnet/1";

    public string Schema { get; init; } = SchemaName;
    public required string Name { get; init; }
    public required int Pid { get; init; }
    public required long Started { get; init; }
    public required string Command { get; init; }
    public required string Model { get; init; }
    /// <summary>The built-in model's name, or the file.</summary>
    public required string ModelSource { get; init; }
    public required string ModelId { get; init; }
    public required int Layers { get; init; }
    public required string Url { get; init; }
    public required string ApiUrl { get; init; }
    public required string Logs { get; init; }
    public required TestnetNodeState Gateway { get; init; }
    public required IReadOnlyList<TestnetNodeState> Nodes { get; init; }

    /// <summary>Whoever shows it may stop nodes and read openings; left out of <c>--out</c>.</summary>
    public string? ControlToken { get; init; }

    public ProcessIdentity Supervisor => new(Pid, Started);

    /// <summary>The testnet that runs under this name; a file left by one that was killed does not count.</summary>
    public static TestnetState? TryReadRunning(TestnetFolder folder) =>
        TryRead(folder) is { } state && state.Supervisor.IsAlive ? state : null;

    /// <summary>The file, whether or not its supervisor still runs.</summary>
    public static TestnetState? TryRead(TestnetFolder folder)
    {
        try
        {
            using FileStream stream = File.OpenRead(folder.StateFile);
            TestnetState? state = JsonSerializer.Deserialize(stream, CliJson.Documents.TestnetState);
            return state?.Schema == SchemaName ? state : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public void Write(string path)
    {
        string fresh = path + ".new";
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        File.Delete(fresh);
        using (FileStream stream = new(fresh, options))
        {
            JsonSerializer.Serialize(stream, this, CliJson.Documents.TestnetState);
            stream.Write("\n"u8);
        }

        File.Move(fresh, path, overwrite: true);
    }
}

/// <summary>One process of a testnet as others see it.</summary>
internal sealed record TestnetNodeState
{
    public required string Name { get; init; }
    public required int Pid { get; init; }
    public required long Started { get; init; }

    /// <summary><c>starting</c>, <c>online</c>, <c>killed</c>, <c>exited</c>; of the gateway <c>online</c>, or <c>stopped</c> when its ledger takes no more records.</summary>
    public required string State { get; init; }

    public required string NodeId { get; init; }
    public required string PeerId { get; init; }

    /// <summary>With <c>/p2p</c>.</summary>
    public required string Address { get; init; }

    /// <summary><c>a-b</c>, half-open; empty for the gateway.</summary>
    public required string Layers { get; init; }

    public required bool Embedding { get; init; }
    public required bool Head { get; init; }
    public required string Log { get; init; }
    public required string Data { get; init; }

    public ProcessIdentity Process => new(Pid, Started);
}
