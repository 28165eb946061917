using Aria.Engine.Models;

namespace Aria.Node;

/// <summary>A model that a node has: its tokenizer at least, perhaps layers that it serves.</summary>
/// <param name="File">The model.</param>
/// <param name="Served">What the node serves of it; null if nothing.</param>
public sealed record NodeModel(ModelFile File, StageSpan? Served)
{
    /// <summary>What people call it.</summary>
    public string Name => File.Name;

    /// <summary>Its id.</summary>
    public ModelId Id => File.Id;

    /// <summary>Its layers.</summary>
    public int Layers => File.Shape.Layers;

    /// <summary>Its context in tokens.</summary>
    public int Context => File.Shape.Context;
}
