namespace Aria.Engine.Models.Gguf;

/// <summary>A line of a file's tensor table.</summary>
/// <param name="Name">At most 64 bytes.</param>
/// <param name="Columns">The fastest axis: input features.</param>
/// <param name="Rows">Output features; null for a vector.</param>
/// <param name="Type">How elements are stored.</param>
/// <param name="Offset">From the start of the data, in bytes.</param>
internal sealed record GgufTensorPlan(string Name, int Columns, int? Rows, TensorType Type, long Offset)
{
    /// <summary>Elements of the whole tensor.</summary>
    public long Elements => (long)Columns * (Rows ?? 1);

    /// <summary>Without padding.</summary>
    public long Bytes => Type.Bytes(Elements);
}
