using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Aria.Ledger.Storage;

/// <summary>
/// A log's entries in RocksDB: by sequence number (u64 big-endian), and the sequence number by payload digest. Written in batches that are on disk, or
/// not there, when <see cref="Write"/> returns; read with checksums verified.
/// </summary>
internal sealed unsafe class RocksStore : IDisposable
{
    /// <summary>Bytes of entries that RocksDB keeps in memory, and so in its log, before it writes them into a table.</summary>
    public const int WriteBufferBytes = 8 << 20;

    private const int TolerateCorruptedTail = 0;
    private const int FatalLevel = 4;
    private const int Entries = 1, Payloads = 2;        // column families, after the default one, which stays empty
    private static readonly string[] Families = ["default", "entries", "payloads"];

    private readonly RocksHandle _database;
    private readonly nint[] _families;

    private RocksStore(nint database, nint[] families) => (_database, _families) = (new(database, families), families);

    /// <summary>Opens a directory for appending, and makes the database if there is none.</summary>
    /// <exception cref="LedgerStoreException">RocksDB refuses: damage, another process, the disk.</exception>
    public static RocksStore Open(string directory) => Open(directory, readOnly: false);

    /// <summary>Opens a directory without changing a byte of it, even beside a process that appends.</summary>
    /// <exception cref="LedgerStoreException">RocksDB refuses: damage, no database, the disk.</exception>
    public static RocksStore OpenReadOnly(string directory) => Open(directory, readOnly: true);

    /// <summary>An entry's bytes, or null.</summary>
    public byte[]? Entry(long sequence)
    {
        Span<byte> key = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteInt64BigEndian(key, sequence);
        return Get(Entries, key);
    }

    /// <summary>The sequence number that the index gives for a payload; the entry itself is the truth.</summary>
    public long? SequenceOf(Digest payload) =>
        Get(Payloads, payload.Span) is { Length: sizeof(long) } value ? BinaryPrimitives.ReadInt64BigEndian(value) : null;

    /// <summary>Writes entries with their index in one batch; they are on disk when this returns.</summary>
    public void Write(IEnumerable<(long Sequence, ReadOnlyMemory<byte> Bytes, Digest Payload)> entries)
    {
        nint batch = RocksNative.WriteBatchCreate();
        try
        {
            Span<byte> key = stackalloc byte[sizeof(long)];
            foreach ((long sequence, ReadOnlyMemory<byte> bytes, Digest payload) in entries)
            {
                BinaryPrimitives.WriteInt64BigEndian(key, sequence);
                Put(batch, Entries, key, bytes.Span);
                Put(batch, Payloads, payload.Span, key);
            }

            Commit(batch);
        }
        finally
        {
            RocksNative.WriteBatchDestroy(batch);
        }
    }

    /// <summary>Sets the index right: adds or replaces some digests, removes others.</summary>
    public void WriteIndex(IEnumerable<(Digest Payload, long Sequence)> right, IEnumerable<byte[]> wrong)
    {
        nint batch = RocksNative.WriteBatchCreate();
        try
        {
            foreach (byte[] key in wrong)
            {
                fixed (byte* at = key)
                {
                    RocksNative.Delete(batch, _families[Payloads], at, (nuint)key.Length);
                }
            }

            Span<byte> value = stackalloc byte[sizeof(long)];
            foreach ((Digest payload, long sequence) in right)
            {
                BinaryPrimitives.WriteInt64BigEndian(value, sequence);
                Put(batch, Payloads, payload.Span, value);
            }

            Commit(batch);
        }
        finally
        {
            RocksNative.WriteBatchDestroy(batch);
        }
    }

    /// <summary>Every key and value of the entries, in the order of their keys.</summary>
    /// <exception cref="LedgerStoreException">While reading on: the store is damaged behind the last pair that came.</exception>
    public IEnumerable<(byte[] Key, byte[] Value)> AllEntries() => All(Entries);

    /// <summary>Every key and value of the index.</summary>
    /// <exception cref="LedgerStoreException">As <see cref="AllEntries"/>.</exception>
    public IEnumerable<(byte[] Key, byte[] Value)> WholeIndex() => All(Payloads);

    /// <summary>Reads every table file from its first byte to its last against the checksum that the manifest holds of it: the first damage, or null.</summary>
    public string? DamagedTable()
    {
        try
        {
            RocksNative.VerifyFileChecksums(_database, out nint error);
            RocksNative.Check(error);
            return null;
        }
        catch (LedgerStoreException e)
        {
            return e.Message;
        }
    }

    /// <summary>Names of the table files that make up the store.</summary>
    public IReadOnlySet<string> Tables()
    {
        nint files = RocksNative.LiveFiles(_database);
        try
        {
            HashSet<string> names = [];
            for (int i = 0; i < RocksNative.LiveFilesCount(files); i++)
            {
                names.Add(Marshal.PtrToStringUTF8(RocksNative.LiveFilesName(files, i))!.TrimStart('/'));
            }

            return names;
        }
        finally
        {
            RocksNative.LiveFilesDestroy(files);
        }
    }

    public void Dispose() => _database.Dispose();

    private static RocksStore Open(string directory, bool readOnly)
    {
        RefuseRecycled(directory);
        nint options = RocksNative.OptionsCreate();
        nint logger = RocksNative.CallbackLoggerCreate(FatalLevel, &Discard, 0);
        nint checksums = RocksNative.FileChecksumsCreate();
        try
        {
            RocksNative.SetCreateIfMissing(options, readOnly ? (byte)0 : (byte)1);
            RocksNative.SetCreateMissingColumnFamilies(options, readOnly ? (byte)0 : (byte)1);
            RocksNative.SetParanoidChecks(options, 1);
            RocksNative.SetWalRecoveryMode(options, TolerateCorruptedTail);      // a torn tail was never acknowledged; what was is behind the head file
            RocksNative.SetTrackAndVerifyWalsInManifest(options, 1);
            RocksNative.SetRecycleLogFiles(options, 0);
            RocksNative.SetFileChecksums(options, checksums);
            RocksNative.SetWriteBufferSize(options, WriteBufferBytes);
            // No file but those that hold the ledger: no text log, no identity, no statistics.
            RocksNative.SetInfoLog(options, logger);
            RocksNative.SetWriteIdentityFile(options, 0);
            RocksNative.SetWriteDatabaseIdToManifest(options, 1);
            RocksNative.SetStatsDumpPeriod(options, 0);
            RocksNative.SetStatsPersistPeriod(options, 0);

            nint[] families = new nint[Families.Length];
            nint[] familyOptions = [options, options, options];
            nint database = readOnly
                ? RocksNative.OpenReadOnly(options, directory, Families.Length, Families, familyOptions, families, 0, out nint error)
                : RocksNative.Open(options, directory, Families.Length, Families, familyOptions, families, out error);
            RocksNative.Check(error);
            return new(database, families);
        }
        finally
        {
            RocksNative.FileChecksumsDestroy(checksums);
            RocksNative.LoggerDestroy(logger);
            RocksNative.OptionsDestroy(options);
        }
    }

    private static void RefuseRecycled(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return;
        }

        foreach (string path in Directory.EnumerateFiles(directory).Where(RecordFile.HasThisFormat))
        {
            using FileStream file = RecordFile.OpenRead(path);
            if (RecordFile.RecycledRecord(file) is { } offset)
            {
                throw new LedgerStoreException($"{Path.GetFileName(path)} is damaged: at byte {offset} stands a record of a recycled log, which this store never writes");
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Discard(nint state, uint level, nint text, nuint bytes)
    {
    }

    private byte[]? Get(int family, ReadOnlySpan<byte> key)
    {
        fixed (byte* at = key)
        {
            nint value = RocksNative.Get(_database, _database.Reading, _families[family], at, (nuint)key.Length, out nuint length, out nint error);
            RocksNative.Check(error);
            if (value == 0)
            {
                return null;
            }

            byte[] copy = new ReadOnlySpan<byte>((void*)value, checked((int)length)).ToArray();
            RocksNative.Free(value);
            return copy;
        }
    }

    private void Put(nint batch, int family, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        fixed (byte* k = key, v = value)
        {
            RocksNative.Put(batch, _families[family], k, (nuint)key.Length, v, (nuint)value.Length);
        }
    }

    private void Commit(nint batch)
    {
        RocksNative.Write(_database, _database.SyncedWrite, batch, out nint error);
        RocksNative.Check(error);
    }

    private IEnumerable<(byte[] Key, byte[] Value)> All(int family)
    {
        using RocksIterator iterator = new(_database, _families[family]);
        while (iterator.TryNext(out byte[] key, out byte[] value))
        {
            yield return (key, value);
        }
    }
}
