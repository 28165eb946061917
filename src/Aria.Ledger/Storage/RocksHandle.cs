using System.Runtime.InteropServices;

namespace Aria.Ledger.Storage;

/// <summary>An open database with its column families and the options of its calls. Calls in progress keep it open; later ones throw <see cref="ObjectDisposedException"/>.</summary>
internal sealed class RocksHandle : SafeHandle
{
    private readonly nint[] _families;

    public RocksHandle(nint database, nint[] families) : base(0, ownsHandle: true)
    {
        _families = families;
        RocksNative.SetSync(SyncedWrite, 1);
        SetHandle(database);
    }

    /// <summary>Reads verify checksums, as is RocksDB's default.</summary>
    public nint Reading { get; } = RocksNative.ReadOptionsCreate();

    /// <summary>A write is on disk when it returns.</summary>
    public nint SyncedWrite { get; } = RocksNative.WriteOptionsCreate();

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        foreach (nint family in _families)
        {
            RocksNative.ColumnFamilyDestroy(family);
        }

        RocksNative.Close(handle);
        RocksNative.ReadOptionsDestroy(Reading);
        RocksNative.WriteOptionsDestroy(SyncedWrite);
        return true;
    }
}
