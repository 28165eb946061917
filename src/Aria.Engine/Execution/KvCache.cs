namespace Aria.Engine.Execution;

/// <summary>Keys and values of one session's positions.</summary>
public sealed class KvCache : IDisposable
{
    /// <summary>The layers it is for.</summary>
    public LayerRange Layers => throw new NotImplementedException();

    /// <summary>Positions held.</summary>
    public int Count => throw new NotImplementedException();

    /// <summary>Positions it can hold.</summary>
    public int MaxPositions => throw new NotImplementedException();

    /// <summary>Memory in bytes.</summary>
    public long Bytes => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
