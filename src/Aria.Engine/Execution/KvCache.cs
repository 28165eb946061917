using System.Runtime.InteropServices;
using Aria.Engine.Models;

namespace Aria.Engine.Execution;

/// <summary>
/// Keys and values of one sequence's positions for a range of layers, in f16. Belongs to the engine that made it; not for two threads at once.
/// </summary>
public sealed unsafe class KvCache : IDisposable
{
    private const int Alignment = 64;

    private readonly int _kvHeads;
    private readonly int _headDim;
    private ushort* _data;      // (layers, key or value, kv heads, positions, head dim)

    internal KvCache(ModelShape shape, LayerRange layers, int maxPositions)
    {
        (_kvHeads, _headDim, Layers, MaxPositions) = (shape.KvHeads, shape.HeadDim, layers, maxPositions);
        Bytes = BytesFor(shape, layers, maxPositions);
        _data = (ushort*)NativeMemory.AlignedAlloc((nuint)Math.Max(Bytes, Alignment), Alignment);
        GC.AddMemoryPressure(Math.Max(Bytes, 1));
    }

    /// <summary>Frees what was never disposed.</summary>
    ~KvCache() => Free();

    /// <summary>The layers it is for.</summary>
    public LayerRange Layers { get; }

    /// <summary>Positions held; the next one to be computed.</summary>
    public int Count { get; internal set; }

    /// <summary>Positions it can hold.</summary>
    public int MaxPositions { get; }

    /// <summary>Memory in bytes.</summary>
    public long Bytes { get; }

    internal static long BytesFor(ModelShape shape, LayerRange layers, int positions) => 2L * sizeof(ushort) * layers.Count * shape.KvWidth * positions;

    internal bool IsDisposed => _data is null;

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>(positions, head dim)</summary>
    internal ushort* Keys(int layer, int kvHead) => Plane(layer, 0, kvHead);

    /// <summary>(positions, head dim)</summary>
    internal ushort* Values(int layer, int kvHead) => Plane(layer, 1, kvHead);

    private ushort* Plane(int layer, int which, int kvHead) =>
        _data + ((((((long)(layer - Layers.Start) * 2) + which) * _kvHeads) + kvHead) * MaxPositions * _headDim);

    private void Free()
    {
        if (_data is not null)
        {
            NativeMemory.AlignedFree(_data);
            _data = null;
            GC.RemoveMemoryPressure(Math.Max(Bytes, 1));
        }
    }
}
