using System.Globalization;
using System.Text;

namespace Aria.Libp2p.Encodings;

/// <summary>
/// Domain names (RFC 1035 §3.1) between their wire form and text. In text, labels are joined by dots; a dot or backslash within a label is written behind a backslash, and a byte
/// that is no printable ASCII as a backslash and three digits. The root is the empty text.
/// </summary>
internal static class DnsName
{
    private const int MaxLabelBytes = 63;
    private const int MaxNameBytes = 255;
    private const int MaxPointers = 16;

    /// <summary>Reads a name at <paramref name="at"/> of a whole message, following its pointers, which must lead backwards; <paramref name="at"/> moves behind it.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int at, out string name)
    {
        name = "";
        StringBuilder text = new();
        int position = at, end = -1, bytes = 1, pointers = 0;
        while (true)
        {
            if (position >= message.Length)
            {
                return false;
            }

            int length = message[position];
            if (length >= 0xc0)
            {
                if (position + 1 >= message.Length || ++pointers > MaxPointers)
                {
                    return false;
                }

                int target = (length & 0x3f) << 8 | message[position + 1];
                end = end < 0 ? position + 2 : end;
                if (target >= position)
                {
                    return false;
                }

                position = target;
                continue;
            }

            if (length > MaxLabelBytes || position + 1 + length > message.Length || (bytes += length == 0 ? 0 : 1 + length) > MaxNameBytes)
            {
                return false;
            }

            if (length == 0)
            {
                at = end < 0 ? position + 1 : end;
                name = text.ToString();
                return true;
            }

            if (text.Length > 0)
            {
                text.Append('.');
            }

            Append(text, message.Slice(position + 1, length));
            position += 1 + length;
        }
    }

    /// <summary>The uncompressed wire form; false for text that is no name.</summary>
    public static bool TryEncode(string name, out byte[] wire)
    {
        wire = [];
        List<byte> bytes = [];
        List<byte> label = [];
        for (int i = 0; i < name.Length; i++)
        {
            char symbol = name[i];
            if (symbol == '.')
            {
                if (!TryEnd(bytes, label))
                {
                    return false;
                }

                continue;
            }

            if (symbol == '\\')
            {
                if (i + 3 < name.Length && byte.TryParse(name.AsSpan(i + 1, 3), NumberStyles.None, CultureInfo.InvariantCulture, out byte octet))
                {
                    label.Add(octet);
                    i += 3;
                    continue;
                }

                if (++i == name.Length)
                {
                    return false;
                }

                symbol = name[i];
            }

            if (symbol is <= ' ' or > '~')
            {
                return false;
            }

            label.Add((byte)symbol);
        }

        if (label.Count > 0 && !TryEnd(bytes, label))
        {
            return false;
        }

        bytes.Add(0);
        wire = [.. bytes];
        return bytes.Count <= MaxNameBytes;
    }

    private static bool TryEnd(List<byte> bytes, List<byte> label)
    {
        if (label.Count is 0 or > MaxLabelBytes)
        {
            return false;
        }

        bytes.Add((byte)label.Count);
        bytes.AddRange(label);
        label.Clear();
        return true;
    }

    private static void Append(StringBuilder text, ReadOnlySpan<byte> label)
    {
        foreach (byte octet in label)
        {
            switch (octet)
            {
                case (byte)'.' or (byte)'\\':
                    text.Append('\\').Append((char)octet);
                    break;
                case > (byte)' ' and <= (byte)'~':
                    text.Append((char)octet);
                    break;
                default:
                    text.Append(CultureInfo.InvariantCulture, $"\\{octet:D3}");
                    break;
            }
        }
    }
}
