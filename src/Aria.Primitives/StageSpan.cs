namespace Aria;

/// <summary>
/// A part of a model that one node runs: consecutive layers, and the embedding and the head as units of their own.
/// Boundary b is the residual before layer b; boundary 0 is token ids, so whoever runs layer 0 in a plan also embeds.
/// </summary>
public readonly record struct StageSpan(bool Embedding, LayerRange Layers, bool Head)
{
    /// <summary>All of a model with <paramref name="layers"/> layers.</summary>
    public static StageSpan Whole(int layers) => new(true, LayerRange.Of(0, layers), true);

    /// <summary>The boundary it reads.</summary>
    public int InBoundary => Layers.Start;

    /// <summary>The boundary it writes; with the head, candidates follow instead.</summary>
    public int OutBoundary => Layers.End;

    /// <summary>Whether every unit of <paramref name="part"/> is in it.</summary>
    public bool Contains(StageSpan part) =>
        (Embedding || !part.Embedding) && (Head || !part.Head) && (part.Layers.IsEmpty || Layers.Contains(part.Layers));

    /// <summary><c>E[0,4)</c>, <c>[4,8)H</c>.</summary>
    public override string ToString() => $"{(Embedding ? "E" : "")}{Layers}{(Head ? "H" : "")}";
}
