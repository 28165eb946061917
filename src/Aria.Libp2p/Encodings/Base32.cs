namespace Aria.Libp2p.Encodings;

/// <summary>RFC 4648 base32 in lower case without padding: multibase <c>b</c>.</summary>
internal static class Base32
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        char[] text = new char[(bytes.Length * 8 + 4) / 5];
        int bits = 0, count = 0, written = 0;
        foreach (byte octet in bytes)
        {
            bits = (bits << 8 | octet) & 0xfff;
            for (count += 8; count >= 5; count -= 5)
            {
                text[written++] = Alphabet[bits >> (count - 5) & 31];
            }
        }

        if (count > 0)
        {
            text[written] = Alphabet[bits << (5 - count) & 31];
        }

        return new(text);
    }

    /// <summary>Accepts the one spelling that <see cref="Encode"/> gives: no padding, and no spare bits set unless those are allowed.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes, bool allowsSpareBits = false)
    {
        bytes = new byte[text.Length * 5 / 8];
        int bits = 0, count = 0, written = 0;
        foreach (char symbol in text)
        {
            int value = Alphabet.IndexOf(symbol, StringComparison.Ordinal);
            if (value < 0)
            {
                return false;
            }

            bits = (bits << 5 | value) & 0xfff;
            count += 5;
            if (count >= 8)
            {
                count -= 8;
                bytes[written++] = (byte)(bits >> count);
            }
        }

        return count < 5 && (allowsSpareBits || (bits & ((1 << count) - 1)) == 0);
    }
}
