namespace Aria.Engine.Execution;

/// <summary>
/// Up to <see cref="Scratch.MaxRows"/> rows that go through the layers together, of one sequence or of several. Rows share nothing but the reading of weights, so a number
/// that is not finite ends its own sequence alone.
/// </summary>
internal sealed class RowBatch
{
    private const long NoFailure = long.MaxValue;

    private readonly KvCache[] _caches = new KvCache[Scratch.MaxRows];
    private readonly int[] _positions = new int[Scratch.MaxRows];
    private readonly int[] _sequences = new int[Scratch.MaxRows];
    private readonly BoundaryObserver?[] _observers = new BoundaryObserver?[Scratch.MaxRows];       // of each row
    private readonly long[] _failures = new long[Scratch.MaxRows];      // of each sequence: layer and position of the first step that gave no finite number, the layer in the high half

    /// <summary>Rows.</summary>
    public int Count { get; private set; }

    /// <summary>Sequences, in the order in which they were added.</summary>
    public int Sequences { get; private set; }

    /// <summary>The layers of all caches.</summary>
    public LayerRange Layers => _caches[0].Layers;

    /// <summary>Of the keys and values that the rows attend to, each row by itself.</summary>
    public long KvBytes
    {
        get
        {
            long bytes = 0;
            for (int row = 0; row < Count; row++)
            {
                bytes += _caches[row].Bytes / _caches[row].MaxPositions * (_positions[row] + 1);
            }

            return bytes;
        }
    }

    public KvCache Cache(int row) => _caches[row];

    public int Position(int row) => _positions[row];

    /// <summary>How many rows from this one on, at most <see cref="Scratch.RowsTogether"/>, are positions of one sequence that follow each other.</summary>
    public int RowsTogether(int row)
    {
        int end = row + 1;
        while (end < Count && end - row < Scratch.RowsTogether && _sequences[end] == _sequences[row])
        {
            end++;
        }

        return end - row;
    }

    public BoundaryObserver? Observer(int row) => _observers[row];

    public void Clear()
    {
        Array.Clear(_caches);
        Array.Clear(_observers);
        (Count, Sequences) = (0, 0);
    }

    /// <summary>Adds <paramref name="rows"/> rows of a sequence, from <paramref name="position"/> on; all caches have the same layers.</summary>
    public void Add(in BatchPart part, int position, int rows)
    {
        for (int i = 0; i < rows; i++, Count++)
        {
            (_caches[Count], _positions[Count], _sequences[Count], _observers[Count]) = (part.Cache, position + i, Sequences, part.Observer);
        }

        _failures[Sequences++] = NoFailure;
    }

    /// <summary>Notes that a row is not finite at a layer; of several notes about a sequence the least layer stays, and there the least position. Any thread.</summary>
    public void Fail(int layer, int row)
    {
        ref long place = ref _failures[_sequences[row]];
        long failure = ((long)layer << 32) | (uint)_positions[row];
        for (long seen = Volatile.Read(ref place); failure < seen;)
        {
            long before = Interlocked.CompareExchange(ref place, failure, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    /// <summary>Whether every sequence has failed in the layers up to this one. Notes of later layers do not count, so threads that ask between two barriers agree.</summary>
    public bool AllFailedBy(int layer)
    {
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            if (Volatile.Read(ref _failures[sequence]) >> 32 > layer)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the row's sequence has failed in the layers up to this one.</summary>
    public bool HasFailedBy(int layer, int row) => Volatile.Read(ref _failures[_sequences[row]]) >> 32 <= layer;

    /// <summary>The error of a sequence, or null.</summary>
    public NonFiniteException? Failure(int sequence) =>
        _failures[sequence] == NoFailure ? null : new((int)(_failures[sequence] >> 32), (int)_failures[sequence]);
}
