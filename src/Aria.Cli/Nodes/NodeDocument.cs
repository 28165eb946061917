using Aria.Node;

namespace Aria.Cli.Nodes;

/// <summary>What <c>node run --json</c> prints when the node serves.</summary>
internal sealed record NodeDocument(string Schema, string Name, int Pid, string NodeId, string PeerId, IReadOnlyList<string> Addresses, IReadOnlyList<ServedDocument> Serves)
{
    public const string SchemaName = "aria.node/1";

    public static NodeDocument Of(string name, AriaNode node) => new(
        SchemaName,
        name,
        Environment.ProcessId,
        node.Id.ToString(),
        node.PeerId.ToString(),
        [.. node.Addresses.Select(address => address.ToString())],
        [.. node.Models.Where(model => model.Served is not null).Select(ServedDocument.Of)]);
}

/// <summary>A part of a model that a node serves.</summary>
internal sealed record ServedDocument(string Model, string ModelId, string Layers, bool Embedding, bool Head)
{
    public static ServedDocument Of(NodeModel model)
    {
        StageSpan span = model.Served!.Value;
        return new(model.Name, model.Id.ToString(), $"{span.Layers.Start}-{span.Layers.End}", span.Embedding, span.Head);
    }
}
