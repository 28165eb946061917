using System.Runtime.InteropServices;

namespace Aria.Ledger.Storage;

/// <summary>The functions of RocksDB's C interface that the store uses. Every last parameter <c>error</c> is a text to be freed, or null.</summary>
internal static unsafe partial class RocksNative
{
    private const string Library = "rocksdb";

    /// <summary>Throws what RocksDB reported, if it did.</summary>
    public static void Check(nint error)
    {
        if (error != 0)
        {
            string text = Marshal.PtrToStringUTF8(error)!;
            Free(error);
            throw new LedgerStoreException(text);
        }
    }

    [LibraryImport(Library, EntryPoint = "rocksdb_free")]
    public static partial void Free(nint memory);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_create")]
    public static partial nint OptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_options_destroy")]
    public static partial void OptionsDestroy(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_create_if_missing")]
    public static partial void SetCreateIfMissing(nint options, byte on);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_create_missing_column_families")]
    public static partial void SetCreateMissingColumnFamilies(nint options, byte on);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_paranoid_checks")]
    public static partial void SetParanoidChecks(nint options, byte on);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_wal_recovery_mode")]
    public static partial void SetWalRecoveryMode(nint options, int mode);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_track_and_verify_wals_in_manifest")]
    public static partial void SetTrackAndVerifyWalsInManifest(nint options, byte on);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_recycle_log_file_num")]
    public static partial void SetRecycleLogFiles(nint options, nuint count);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_write_identity_file")]
    public static partial void SetWriteIdentityFile(nint options, byte on);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_write_dbid_to_manifest")]
    public static partial void SetWriteDatabaseIdToManifest(nint options, byte on);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_write_buffer_size")]
    public static partial void SetWriteBufferSize(nint options, nuint bytes);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_stats_dump_period_sec")]
    public static partial void SetStatsDumpPeriod(nint options, uint seconds);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_stats_persist_period_sec")]
    public static partial void SetStatsPersistPeriod(nint options, uint seconds);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_info_log")]
    public static partial void SetInfoLog(nint options, nint logger);

    [LibraryImport(Library, EntryPoint = "rocksdb_logger_create_callback_logger")]
    public static partial nint CallbackLoggerCreate(int level, delegate* unmanaged[Cdecl]<nint, uint, nint, nuint, void> callback, nint state);

    [LibraryImport(Library, EntryPoint = "rocksdb_logger_destroy")]
    public static partial void LoggerDestroy(nint logger);

    [LibraryImport(Library, EntryPoint = "rocksdb_file_checksum_gen_crc32c_factory_create")]
    public static partial nint FileChecksumsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_file_checksum_gen_factory_destroy")]
    public static partial void FileChecksumsDestroy(nint factory);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_file_checksum_gen_factory")]
    public static partial void SetFileChecksums(nint options, nint factory);

    [LibraryImport(Library, EntryPoint = "rocksdb_open_column_families", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint Open(nint options, string path, int families, string[] names, nint[] familyOptions, [Out] nint[] handles, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_open_for_read_only_column_families", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OpenReadOnly(
        nint options, string path, int families, string[] names, nint[] familyOptions, [Out] nint[] handles, byte errorIfLogExists, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_close")]
    public static partial void Close(nint database);

    [LibraryImport(Library, EntryPoint = "rocksdb_column_family_handle_destroy")]
    public static partial void ColumnFamilyDestroy(nint family);

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_create")]
    public static partial nint ReadOptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_destroy")]
    public static partial void ReadOptionsDestroy(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_writeoptions_create")]
    public static partial nint WriteOptionsCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_writeoptions_destroy")]
    public static partial void WriteOptionsDestroy(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_writeoptions_set_sync")]
    public static partial void SetSync(nint options, byte on);

    [LibraryImport(Library, EntryPoint = "rocksdb_get_cf")]
    public static partial nint Get(RocksHandle database, nint readOptions, nint family, byte* key, nuint keyBytes, out nuint valueBytes, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_create")]
    public static partial nint WriteBatchCreate();

    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_destroy")]
    public static partial void WriteBatchDestroy(nint batch);

    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_put_cf")]
    public static partial void Put(nint batch, nint family, byte* key, nuint keyBytes, byte* value, nuint valueBytes);

    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_delete_cf")]
    public static partial void Delete(nint batch, nint family, byte* key, nuint keyBytes);

    [LibraryImport(Library, EntryPoint = "rocksdb_write")]
    public static partial void Write(RocksHandle database, nint writeOptions, nint batch, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_create_iterator_cf")]
    public static partial nint IteratorCreate(RocksHandle database, nint readOptions, nint family);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_destroy")]
    public static partial void IteratorDestroy(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_seek_to_first")]
    public static partial void IteratorToFirst(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_valid")]
    public static partial byte IteratorValid(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_next")]
    public static partial void IteratorNext(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_key")]
    public static partial byte* IteratorKey(nint iterator, out nuint bytes);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_value")]
    public static partial byte* IteratorValue(nint iterator, out nuint bytes);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_get_error")]
    public static partial void IteratorError(nint iterator, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_verify_file_checksums")]
    public static partial void VerifyFileChecksums(RocksHandle database, out nint error);

    [LibraryImport(Library, EntryPoint = "rocksdb_livefiles")]
    public static partial nint LiveFiles(RocksHandle database);

    [LibraryImport(Library, EntryPoint = "rocksdb_livefiles_count")]
    public static partial int LiveFilesCount(nint files);

    [LibraryImport(Library, EntryPoint = "rocksdb_livefiles_name")]
    public static partial nint LiveFilesName(nint files, int index);

    [LibraryImport(Library, EntryPoint = "rocksdb_livefiles_destroy")]
    public static partial void LiveFilesDestroy(nint files);
}
