using System.Buffers.Binary;
using System.Numerics;

namespace Aria.Ledger.Storage;

/// <summary>
/// The file format of RocksDB's logs and manifests: 32 KiB blocks of records, each with a masked CRC-32C, a length and a type; the last up to six bytes of a
/// block, too few for a header, are zero. RocksDB reads such files with allowances; here every byte must be accounted for.
/// </summary>
internal static class RecordFile
{
    private const int BlockBytes = 32 * 1024, HeaderBytes = 7, TypeOffset = 6;
    private const uint MaskDelta = 0xa282ead8;

    /// <summary>What the end of a file looks like.</summary>
    public enum Ending
    {
        /// <summary>The last record is whole.</summary>
        Whole,

        /// <summary>The last record is cut off: writing was interrupted, or its length is damaged.</summary>
        Torn,

        /// <summary>A record's checksum, or a filling zero, is wrong.</summary>
        Damaged,
    }

    /// <summary>Whether a file of the store's directory is one of these, by its name.</summary>
    public static bool HasThisFormat(string path) =>
        Path.GetFileName(path).StartsWith("MANIFEST-", StringComparison.Ordinal) || path.EndsWith(".log", StringComparison.Ordinal);

    /// <summary>Opens one for reading, beside a process that writes or removes it.</summary>
    public static FileStream OpenRead(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Reads a file from its first byte to its last; the offset is where an ending other than whole begins.</summary>
    public static (Ending Ending, long Offset) Check(Stream file)
    {
        long end = 0;
        foreach ((long start, ReadOnlyMemory<byte> block) in Blocks(file))
        {
            if (CheckBlock(block.Span) is { Ending: not Ending.Whole } bad)
            {
                return (bad.Ending, start + bad.Offset);
            }

            end = start + block.Length;
        }

        return (Ending.Whole, end);
    }

    /// <summary>
    /// Offset of the first record whose type is that of a recycled log, which the store never writes; null where there is none. RocksDB goes round for ever
    /// over such a record, before it looks at its checksum: no file that holds one may be given to it.
    /// </summary>
    public static long? RecycledRecord(Stream file)
    {
        foreach ((long start, ReadOnlyMemory<byte> block) in Blocks(file))
        {
            for (int at = 0; at + HeaderBytes <= block.Length; at = EndOf(block.Span, at))
            {
                if (block.Span[at + TypeOffset] is (>= 5 and <= 8) or 11)
                {
                    return start + at;
                }
            }
        }

        return null;
    }

    // Each block with where it begins, the last one perhaps shorter; its bytes are read over when the next one is asked for.
    private static IEnumerable<(long Start, ReadOnlyMemory<byte> Block)> Blocks(Stream file)
    {
        byte[] block = new byte[BlockBytes];
        int length = BlockBytes;
        for (long start = 0; length == BlockBytes; start += BlockBytes)
        {
            length = file.ReadAtLeast(block, BlockBytes, throwOnEndOfStream: false);
            yield return (start, block.AsMemory(0, length));
        }
    }

    private static int EndOf(ReadOnlySpan<byte> block, int at) => at + HeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(block[(at + 4)..]);

    private static (Ending Ending, int Offset) CheckBlock(ReadOnlySpan<byte> block)
    {
        int at = 0;
        while (at < block.Length)
        {
            if (BlockBytes - at < HeaderBytes)
            {
                return (block[at..].ContainsAnyExcept((byte)0) ? Ending.Damaged : Ending.Whole, at);
            }

            if (block.Length - at < HeaderBytes)
            {
                return (Ending.Torn, at);
            }

            int end = EndOf(block, at);
            if (end > block.Length)
            {
                return (end > BlockBytes ? Ending.Damaged : Ending.Torn, at);
            }

            if (BinaryPrimitives.ReadUInt32LittleEndian(block[at..]) != Masked(block[(at + TypeOffset)..end]))
            {
                return (Ending.Damaged, at);
            }

            at = end;
        }

        return (Ending.Whole, at);
    }

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        crc = ~crc;
        return BitOperations.RotateRight(crc, 15) + MaskDelta;
    }
}
