using System.Collections.Immutable;
using System.Text.Json;

namespace Aria.Cli.Testnet;

/// <summary>Topology files: JSON with comments and trailing commas; an unknown or repeated key is an error.</summary>
internal static class TopologyFile
{
    /// <summary>Largest file read, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    private static readonly JsonDocumentOptions Options = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
        MaxDepth = 8,
    };

    /// <exception cref="TopologyException">The file is absent, too long, or no topology.</exception>
    public static Topology Read(string path)
    {
        try
        {
            return new FileInfo(path) is { Length: <= MaxBytes }
                ? Parse(File.ReadAllText(path))
                : throw new TopologyException($"{path}: longer than {MaxBytes} bytes.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TopologyException($"{path}: {e.Message}", e);
        }
        catch (TopologyException e) when (e.InnerException is not IOException && !e.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new TopologyException($"{path}: {e.Message}", e);
        }
    }

    /// <exception cref="TopologyException">The text is no topology.</exception>
    public static Topology Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, Options);
            return Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new TopologyException($"line {e.LineNumber + 1}, byte {e.BytePositionInLine}: {e.Message}", e);
        }
    }

    private static Topology Read(JsonElement root)
    {
        Topology topology = new();
        NodeLayout? layout = null;
        int? replicas = null;
        foreach (JsonProperty property in Members(root, ""))
        {
            string at = property.Name;
            switch (property.Name)
            {
                case "model": topology = topology with { Model = Text(property.Value, at) }; break;
                case "seed": topology = topology with { Seed = Text(property.Value, at) }; break;
                case "port": topology = topology with { Port = Number(property.Value, at, 0, 65535) }; break;
                case "peer_port": topology = topology with { PeerPort = Number(property.Value, at, 0, 65535) }; break;
                case "threads": topology = topology with { Threads = Number(property.Value, at, 1, 256) }; break;
                case "replicas": replicas = Number(property.Value, at, 1, Topology.MaxNodes); break;
                case "nodes" when property.Value.ValueKind == JsonValueKind.Array: layout = new NodeLayout.Listed(Nodes(property.Value)); break;
                case "nodes": layout = NodeLayout.Even.For(Number(property.Value, at, 1, Topology.MaxNodes)); break;
                default: throw Unknown(property.Name, "", ["model", "seed", "port", "peer_port", "threads", "replicas", "nodes"]);
            }
        }

        return topology with { Layout = WithReplicas(layout ?? topology.Layout, replicas) };
    }

    private static NodeLayout WithReplicas(NodeLayout layout, int? replicas) => (layout, replicas) switch
    {
        (_, null) => layout,
        (NodeLayout.Even even, { } count) => even with { Replicas = count },
        _ => throw new TopologyException("\"replicas\" goes with a number of nodes; a list of nodes says who holds what by itself."),
    };

    private static ImmutableArray<TopologyNode> Nodes(JsonElement list)
    {
        if (list.GetArrayLength() is 0 or > Topology.MaxNodes)
        {
            throw new TopologyException($"nodes: 1 to {Topology.MaxNodes} entries, not {list.GetArrayLength()}.");
        }

        ImmutableArray<TopologyNode> nodes = [.. list.EnumerateArray().Select((element, index) => Node(element, $"nodes[{index}]", $"n{index + 1}"))];
        return nodes.GroupBy(node => node.Name).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw new TopologyException($"nodes: two are called \"{twice.Key}\".")
            : nodes;
    }

    private static TopologyNode Node(JsonElement element, string at, string defaultName)
    {
        TopologyNode node = new(defaultName, null, null, null, null);
        foreach (JsonProperty property in Members(element, at))
        {
            string here = $"{at}.{property.Name}";
            node = property.Name switch
            {
                "name" => node with { Name = NodeName(Text(property.Value, here), here) },
                "layers" => node with { Layers = Layers(Text(property.Value, here), here) },
                "embedding" => node with { Embedding = Flag(property.Value, here) },
                "head" => node with { Head = Flag(property.Value, here) },
                "threads" => node with { Threads = Number(property.Value, here, 1, 256) },
                _ => throw Unknown(property.Name, at, ["name", "layers", "embedding", "head", "threads"]),
            };
        }

        return node;
    }

    private static string NodeName(string name, string at) =>
        TestnetFolder.IsName(name) && name is not ("gateway" or "all")
            ? name
            : throw new TopologyException($"{at}: \"{name}\" is no node name: up to 32 letters, digits, - and _; not \"gateway\" or \"all\".");

    private static LayerRange? Layers(string text, string at) =>
        text == "all" ? null
        : LayerRange.TryParse(text, out LayerRange range) ? range
        : throw new TopologyException($"{at}: \"{text}\" is neither \"all\" nor a-b (layers a to b - 1).");

    private static JsonElement.ObjectEnumerator Members(JsonElement element, string at) =>
        element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject()
            : throw new TopologyException($"{(at.Length == 0 ? "the file" : at)}: an object is expected, not {element.ValueKind}.");

    private static string Text(JsonElement element, string at) =>
        element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 and <= 256 } text
            ? text
            : throw new TopologyException($"{at}: a text of 1 to 256 characters is expected.");

    private static int Number(JsonElement element, string at, int min, int max) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) && min <= value && value <= max
            ? value
            : throw new TopologyException($"{at}: a number from {min} to {max} is expected, not {element.GetRawText()}.");

    private static bool Flag(JsonElement element, string at) =>
        element.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? element.GetBoolean()
            : throw new TopologyException($"{at}: true or false is expected.");

    private static TopologyException Unknown(string name, string at, string[] known)
    {
        string nearest = known.MinBy(candidate => Distance(candidate, name))!;
        string where = at.Length == 0 ? "" : at + ": ";
        return new($"{where}unknown key \"{name}\"; did you mean \"{nearest}\"?");
    }

    // Levenshtein.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = row[j];
                row[j] = cost;
            }
        }

        return row[b.Length];
    }
}
