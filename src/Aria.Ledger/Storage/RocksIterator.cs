namespace Aria.Ledger.Storage;

/// <summary>Walks a column family from its first key on; keeps the database open meanwhile.</summary>
internal sealed unsafe class RocksIterator : IDisposable
{
    private readonly RocksHandle _database;
    private readonly nint _iterator;
    private bool _started, _disposed;

    public RocksIterator(RocksHandle database, nint family)
    {
        _database = database;
        bool held = false;
        database.DangerousAddRef(ref held);
        _iterator = RocksNative.IteratorCreate(database, database.Reading, family);
    }

    /// <summary>The next pair. An iterator that meets damage merely ends: only its error tells that from the end of the data.</summary>
    public bool TryNext(out byte[] key, out byte[] value)
    {
        if (_started)
        {
            RocksNative.IteratorNext(_iterator);
        }
        else
        {
            RocksNative.IteratorToFirst(_iterator);
            _started = true;
        }

        if (RocksNative.IteratorValid(_iterator) == 0)
        {
            RocksNative.IteratorError(_iterator, out nint error);
            RocksNative.Check(error);
            (key, value) = ([], []);
            return false;
        }

        byte* k = RocksNative.IteratorKey(_iterator, out nuint keyBytes);
        byte* v = RocksNative.IteratorValue(_iterator, out nuint valueBytes);
        key = new ReadOnlySpan<byte>(k, checked((int)keyBytes)).ToArray();
        value = new ReadOnlySpan<byte>(v, checked((int)valueBytes)).ToArray();
        return true;
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            RocksNative.IteratorDestroy(_iterator);
            _database.DangerousRelease();
        }
    }
}
