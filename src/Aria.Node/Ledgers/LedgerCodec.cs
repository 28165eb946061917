using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Aria.Ledger.Entries;
using Aria.Ledger.Notes;
using Aria.Provenance;
using Aria.Wire.Canonical;

namespace Aria.Node.Ledgers;

/// <summary>Ledger messages to bytes and back: arrays [1, type, …] (specs/node.md §1).</summary>
internal static class LedgerCodec
{
    private const int Version = 1;

    private enum Type
    {
        GetHead = 0,
        GetEntries = 1,
        GetTrace = 2,
        Head = 3,
        Entries = 4,
        TracePart = 5,
        Refused = 6,
    }

    /// <summary>The message's bytes.</summary>
    public static byte[] Encode(LedgerMessage message) => message switch
    {
        LedgerMessage.GetHead => Begin(Type.GetHead, 0).ToArray(),
        LedgerMessage.GetEntries get => Begin(Type.GetEntries, 2).UInt((ulong)get.From).UInt((ulong)get.Max).ToArray(),
        LedgerMessage.GetTrace get => Begin(Type.GetTrace, 4).Bytes(get.Job.ToArray()).UInt((ulong)get.Epoch).UInt((ulong)get.Stage).UInt((ulong)get.Offset).ToArray(),
        LedgerMessage.Head head => Begin(Type.Head, 1).Bytes(head.Note.Span).ToArray(),
        LedgerMessage.Entries entries => Entries(Begin(Type.Entries, 2).UInt((ulong)entries.From), entries.Items),
        LedgerMessage.TracePart part => Begin(Type.TracePart, 3).UInt((ulong)part.TotalBytes).UInt((ulong)part.Offset).Bytes(part.Bytes.Span).ToArray(),
        LedgerMessage.Refused refused => Begin(Type.Refused, 2).UInt((ulong)refused.Code).Text(Cut(refused.Text, LedgerProtocol.MaxTextBytes)).ToArray(),
        _ => throw new UnreachableException(),
    };

    /// <summary>Reads a whole message; byte fields point into <paramref name="bytes"/>. Null: not this format, another version, or out of bounds.</summary>
    public static LedgerMessage? Decode(ReadOnlyMemory<byte> bytes)
    {
        CanonicalReader reader = new(bytes.Span);
        if (!reader.TryArray(out int count, 6) || count < 2 || !reader.TryInt(out int version) || version != Version || !reader.TryInt(out int type, (int)Type.Refused))
        {
            return null;
        }

        LedgerMessage? message = ((Type)type, count - 2) switch
        {
            (Type.GetHead, 0) => new LedgerMessage.GetHead(),
            (Type.GetEntries, 2) => reader.TryLong(out long from) && reader.TryInt(out int max) ? new LedgerMessage.GetEntries(from, max) : null,
            (Type.GetTrace, 4) => ReadGetTrace(ref reader),
            (Type.Head, 1) => TryBytes(bytes, ref reader, SignedNote.MaxBytes, out ReadOnlyMemory<byte> note) ? new LedgerMessage.Head(note) : null,
            (Type.Entries, 2) => ReadEntries(bytes, ref reader),
            (Type.TracePart, 3) => ReadTracePart(bytes, ref reader),
            (Type.Refused, 2) => reader.TryInt(out int code) && Enum.IsDefined((LedgerRefusalCode)code) && reader.TryText(out string? text, LedgerProtocol.MaxTextBytes)
                ? new LedgerMessage.Refused((LedgerRefusalCode)code, text) : null,
            _ => null,
        };
        return reader.AtEnd ? message : null;
    }

    /// <summary>The longest beginning of a text, in NFC and without lone surrogates or U+FFFE, that has at most <paramref name="maxBytes"/> bytes of UTF-8.</summary>
    public static string Cut(string text, int maxBytes)
    {
        StringBuilder whole = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            whole.Append(rune.Value == 0xFFFE ? "\uFFFD" : rune.ToString());
        }

        StringBuilder cut = new();
        int bytes = 0;
        foreach (Rune rune in whole.ToString().Normalize(NormalizationForm.FormC).EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > maxBytes)
            {
                break;
            }

            cut.Append(rune.ToString());
        }

        return cut.ToString();
    }

    private static CanonicalWriter Begin(Type type, int fields) => new CanonicalWriter().Array(2 + fields).UInt(Version).UInt((ulong)type);

    private static byte[] Entries(CanonicalWriter writer, ImmutableArray<ReadOnlyMemory<byte>> items)
    {
        writer.Array(items.Length);
        foreach (ReadOnlyMemory<byte> item in items)
        {
            writer.Bytes(item.Span);
        }

        return writer.ToArray();
    }

    private static LedgerMessage.GetTrace? ReadGetTrace(ref CanonicalReader reader) =>
        reader.TryBytes(out ReadOnlySpan<byte> job, JobId.Size, JobId.Size) && reader.TryInt(out int epoch) && reader.TryInt(out int stage, Limits.Stages - 1)
            && reader.TryInt(out int offset, Limits.TraceBytes)
            ? new(JobId.FromBytes(job), epoch, stage, offset)
            : null;

    private static LedgerMessage.Entries? ReadEntries(ReadOnlyMemory<byte> bytes, ref CanonicalReader reader)
    {
        if (!reader.TryLong(out long from) || !reader.TryArray(out int count, LedgerProtocol.MaxPageEntries))
        {
            return null;
        }

        ImmutableArray<ReadOnlyMemory<byte>>.Builder items = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>(count);
        for (int i = 0; i < count; i++)
        {
            if (!TryBytes(bytes, ref reader, LedgerEntry.MaxBytes, out ReadOnlyMemory<byte> item))
            {
                return null;
            }

            items.Add(item);
        }

        return new(from, items.MoveToImmutable());
    }

    private static LedgerMessage.TracePart? ReadTracePart(ReadOnlyMemory<byte> bytes, ref CanonicalReader reader) =>
        reader.TryInt(out int total, Limits.TraceBytes) && reader.TryInt(out int offset, total)
            && TryBytes(bytes, ref reader, Math.Min(total - offset, LedgerProtocol.MaxPageBytes), out ReadOnlyMemory<byte> part)
            ? new(total, offset, part)
            : null;

    private static bool TryBytes(ReadOnlyMemory<byte> all, ref CanonicalReader reader, int maxBytes, out ReadOnlyMemory<byte> value)
    {
        bool ok = reader.TryBytes(out ReadOnlySpan<byte> span, 0, maxBytes);
        value = ok ? all.Slice(all.Length - reader.Rest.Length - span.Length, span.Length) : default;
        return ok;
    }
}
