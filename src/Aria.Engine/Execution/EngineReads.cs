namespace Aria.Engine.Execution;

/// <summary>
/// What an engine has read for its work since it was made: weights once for all rows that share the reading, keys and values once for each row. Activations and what is smaller than a
/// row of a matrix are not counted.
/// </summary>
/// <param name="TernaryBytes">Packed matrices of layers, with what pads them.</param>
/// <param name="ScreenBytes">The eight-bit copy of the head with its bounds.</param>
/// <param name="HeadBytes">Rows of the head that were computed exactly.</param>
/// <param name="RescoredRows">Rows of the head that the screen left to be computed exactly, counted for each query.</param>
/// <param name="KvBytes">Keys and values.</param>
public readonly record struct EngineReads(long TernaryBytes, long ScreenBytes, long HeadBytes, long RescoredRows, long KvBytes)
{
    /// <summary>All bytes.</summary>
    public long Bytes => TernaryBytes + ScreenBytes + HeadBytes + KvBytes;

    /// <summary>What was read from <paramref name="before"/> to <paramref name="after"/>.</summary>
    public static EngineReads operator -(EngineReads after, EngineReads before) => new(
        after.TernaryBytes - before.TernaryBytes, after.ScreenBytes - before.ScreenBytes, after.HeadBytes - before.HeadBytes,
        after.RescoredRows - before.RescoredRows, after.KvBytes - before.KvBytes);

    /// <inheritdoc cref="op_Subtraction"/>
    public static EngineReads Subtract(EngineReads after, EngineReads before) => after - before;
}
