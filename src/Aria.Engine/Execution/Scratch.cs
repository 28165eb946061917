using Aria.Engine.Kernels;
using Aria.Engine.Models;

namespace Aria.Engine.Execution;

/// <summary>Rows of eight-bit activations with their scales and sums; the padding behind each row stays zero.</summary>
internal sealed unsafe class QuantisedRows(int rows, int columns) : IDisposable
{
    private readonly NativeArray<sbyte> _values = new((long)rows * PackedMatrix.BlocksFor(columns) * PackedMatrix.BlockColumns);
    private readonly NativeArray<float> _scales = new(rows);
    private readonly NativeArray<int> _sums = new(rows);

    public int Columns { get; } = columns;

    public int Stride { get; } = PackedMatrix.BlocksFor(columns) * PackedMatrix.BlockColumns;

    public sbyte* Values => _values.Pointer;

    public float* Scales => _scales.Pointer;

    public int* Sums => _sums.Pointer;

    public void Dispose()
    {
        _values.Dispose();
        _scales.Dispose();
        _sums.Dispose();
    }
}

/// <summary>All the room that a step needs, made once: (rows, width) for each intermediate, and a little for each member of the team.</summary>
internal sealed unsafe class Scratch : IDisposable
{
    /// <summary>Positions that go through a layer together.</summary>
    public const int MaxRows = 64;

    /// <summary>Rows of one sequence that attend together.</summary>
    public const int RowsTogether = 8;

    /// <summary>Rows of a matrix whose products are kept before they are scaled: many, because kernels prepare the activations once for all of them.</summary>
    public const int TileRows = 1536;

    /// <summary>Between the products of two positions: an odd number of cache lines, so that they do not displace each other.</summary>
    public const int ProductStride = TileRows + 16;

    private readonly NativeArray<float> _normed;
    private readonly NativeArray<float> _query;
    private readonly NativeArray<float> _key;
    private readonly NativeArray<float> _value;
    private readonly NativeArray<float> _attended;
    private readonly NativeArray<float> _gated;
    private readonly NativeArray<float> _weights;
    private readonly NativeArray<int> _products;
    private readonly NativeArray<float> _tile;
    private readonly int _widest;
    private readonly int _context;
    private readonly int _queriesAtOnce;

    public Scratch(ModelShape shape, int members)
    {
        _queriesAtOnce = Math.Max(shape.Heads / shape.KvHeads, RowsTogether);
        (_context, _widest) = (shape.Context, Math.Max(shape.Dim, Math.Max(shape.AttentionWidth, shape.FeedForward)));
        _normed = new((long)members * _widest);
        _query = new((long)MaxRows * shape.AttentionWidth);
        _key = new((long)MaxRows * shape.KvWidth);
        _value = new((long)MaxRows * shape.KvWidth);
        _attended = new((long)MaxRows * shape.AttentionWidth);
        _gated = new((long)MaxRows * shape.FeedForward);
        _weights = new((long)members * _queriesAtOnce * _context);
        _products = new((long)members * MaxRows * ProductStride);
        _tile = new((long)members * TileRows);
        Residual = new(MaxRows, shape.Dim);
        Attention = new(MaxRows, shape.AttentionWidth);
        FeedForward = new(MaxRows, shape.FeedForward);
    }

    public QuantisedRows Residual { get; }

    public QuantisedRows Attention { get; }

    public QuantisedRows FeedForward { get; }

    public float* Query => _query.Pointer;

    public float* Key => _key.Pointer;

    public float* Value => _value.Pointer;

    public float* Attended => _attended.Pointer;

    public float* Gated => _gated.Pointer;

    public float* Normed(int member) => _normed.Pointer + ((long)member * _widest);

    public float* Weights(int member) => _weights.Pointer + ((long)member * _queriesAtOnce * _context);

    public int* Products(int member) => _products.Pointer + ((long)member * MaxRows * ProductStride);

    public float* Tile(int member) => _tile.Pointer + ((long)member * TileRows);

    public void Dispose()
    {
        IDisposable[] all = [_normed, _query, _key, _value, _attended, _gated, _weights, _products, _tile, Residual, Attention, FeedForward];
        Array.ForEach(all, part => part.Dispose());
    }
}
