namespace Aria.Cli.Testnet;

/// <summary>The paths of one named testnet.</summary>
internal sealed record TestnetFolder(string Name, string State, string Data)
{
    public const string DefaultName = "default";

    /// <exception cref="CommandFailedException">The name is no folder's name.</exception>
    public static TestnetFolder Of(AriaFolders folders, string name) =>
        IsName(name)
            ? new(name, Path.Combine(folders.State, "testnets", name), Path.Combine(folders.Data, "testnets", name))
            : throw CommandFailedException.Usage($"\"{name}\" is no testnet name: up to 32 letters, digits, - and _.");

    /// <summary>A testnet's name and a node's are folders' names too.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= 32 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>What a running testnet tells other commands; there only while it runs, or after it was killed.</summary>
    public string StateFile => Path.Combine(State, "testnet.json");

    /// <summary>Held by the supervisor as long as it lives.</summary>
    public string LockFile => Path.Combine(State, "lock");

    public string Logs => Path.Combine(State, "logs");

    public string SupervisorLog => LogOf("supervisor");

    /// <summary>Remembers the seed that the ledgers below were begun with.</summary>
    public string SeedFile => Path.Combine(Data, "seed");

    public string LogOf(string node) => Path.Combine(Logs, node + ".log");

    public string DataOf(string node) => Path.Combine(Data, node);
}
