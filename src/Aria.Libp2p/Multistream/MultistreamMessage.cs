using System.Buffers;
using System.Text;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Multistream;

/// <summary>One line of multistream-select 1.0: <c>uvarint(length of text and newline) text \n</c>.</summary>
internal static class MultistreamMessage
{
    /// <summary>The longest line in bytes, its newline included and its length prefix not.</summary>
    public const int MaxBytes = 1024;

    /// <summary>The first line of both ends.</summary>
    public const string Header = "/multistream/1.0.0";

    /// <summary>The answer to a proposal that is not spoken.</summary>
    public const string NotAvailable = "na";

    private const byte NewLine = (byte)'\n';

    public static void Write(IBufferWriter<byte> destination, string text)
    {
        int length = Encoding.UTF8.GetByteCount(text) + 1;
        if (length > MaxBytes || text.Contains('\n', StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{text}' is no protocol name.", nameof(text));
        }

        Span<byte> span = destination.GetSpan(Uvarint.MaxBytes + length);
        int at = Uvarint.Write(span, (ulong)length);
        at += Encoding.UTF8.GetBytes(text, span[at..]);
        span[at] = NewLine;
        destination.Advance(at + 1);
    }

    /// <summary>Reads one line from the front of <paramref name="source"/>.</summary>
    public static OperationStatus TryRead(ReadOnlySpan<byte> source, out string text, out int consumed)
    {
        text = "";
        consumed = 0;
        OperationStatus status = Uvarint.TryRead(source, out ulong length, out int prefix);
        if (status == OperationStatus.InvalidData || (status == OperationStatus.NeedMoreData && source.Length >= 2))
        {
            return OperationStatus.InvalidData;     // a valid length takes at most two bytes
        }

        if (status == OperationStatus.NeedMoreData)
        {
            return status;
        }

        if (length is < 2 or > MaxBytes)
        {
            return OperationStatus.InvalidData;
        }

        if ((ulong)(source.Length - prefix) < length)
        {
            return OperationStatus.NeedMoreData;
        }

        ReadOnlySpan<byte> line = source.Slice(prefix, (int)length - 1);
        if (source[prefix + line.Length] != NewLine || line.Contains(NewLine) || !System.Text.Unicode.Utf8.IsValid(line))
        {
            return OperationStatus.InvalidData;
        }

        text = Encoding.UTF8.GetString(line);
        consumed = prefix + (int)length;
        return OperationStatus.Done;
    }
}
