using System.Globalization;

namespace Aria.Cli.Testnet;

/// <summary>How a testnet's nodes are started: the program, and the flags that differ from node to node.</summary>
/// <param name="Executable">The program, normally this one.</param>
/// <param name="Folder">Where logs and data go.</param>
/// <param name="Model">Name or file of the model.</param>
/// <param name="Layers">Layers of the model.</param>
/// <param name="Seed">The testnet's seed.</param>
/// <param name="Bootstrap">Addresses with <c>/p2p</c> that every node dials first.</param>
/// <param name="Environment">Variables added to the children's.</param>
internal sealed record NodeLaunch(
    string Executable, TestnetFolder Folder, string Model, int Layers, string Seed, IReadOnlyList<string> Bootstrap, IReadOnlyDictionary<string, string>? Environment = null)
{
    /// <summary>Begins the line in which a node tells its address.</summary>
    public const string AddressWord = "address ";

    /// <summary>The line after which it serves.</summary>
    public const string ReadyWord = "ready";

    public string LogOf(string node) => Folder.LogOf(node);

    public string DataOf(string node) => Folder.DataOf(node);

    /// <summary>The seed text that a node's identity derives from.</summary>
    public static string SeedOf(string testnetSeed, string node) => $"{testnetSeed}/{node}";

    /// <summary>The TCP port in an address that a node told.</summary>
    public static int PortOf(string address) => int.Parse(address.Split('/')[4], NumberStyles.None, CultureInfo.InvariantCulture);

    /// <param name="node">The node.</param>
    /// <param name="address">Where it listened before, so that it comes back to the same port.</param>
    public IEnumerable<string> ArgumentsOf(TestnetNode node, string? address)
    {
        List<string> arguments =
        [
            "node", "run",
            "--name", node.Name,
            "--listen", address is null ? $"/ip4/127.0.0.1/tcp/{node.Port}" : address[..address.IndexOf("/p2p/", StringComparison.Ordinal)],
            "--model", Model,
            "--layers", node.LayersFlag,
            "--threads", node.Threads.ToString(CultureInfo.InvariantCulture),
            "--seed", SeedOf(Seed, node.Name),
            "--data", DataOf(node.Name),
            "--lifeline",
        ];
        StageSpan derived = TestnetLayout.SpanOf(node.Span.Layers, null, null, Layers);
        if (node.Span.Embedding != derived.Embedding)
        {
            arguments.AddRange(["--embedding", node.Span.Embedding ? "true" : "false"]);
        }

        if (node.Span.Head != derived.Head)
        {
            arguments.AddRange(["--head", node.Span.Head ? "true" : "false"]);
        }

        foreach (string bootstrap in Bootstrap)
        {
            arguments.AddRange(["--bootstrap", bootstrap]);
        }

        return arguments;
    }
}
