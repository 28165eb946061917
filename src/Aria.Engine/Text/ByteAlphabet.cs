using System.Text;

namespace Aria.Engine.Text;

/// <summary>
/// How byte-level vocabularies spell bytes: the printable Latin-1 characters stand for themselves, every other byte, ascending, for the
/// next character from U+0100 on (specs/tokenizer.md §2).
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] CharOfByte = BuildChars();
    private static readonly short[] ByteOfChar = BuildBytes();

    /// <summary>The character that spells <paramref name="value"/>.</summary>
    public static char Spell(byte value) => CharOfByte[value];

    /// <summary>The bytes that <paramref name="token"/> spells; its own UTF-8 where it holds a character outside the alphabet.</summary>
    public static byte[] Bytes(string token)
    {
        byte[] bytes = new byte[token.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            short value = token[i] < ByteOfChar.Length ? ByteOfChar[token[i]] : (short)-1;
            if (value < 0)
            {
                return Encoding.UTF8.GetBytes(token);
            }

            bytes[i] = (byte)value;
        }

        return bytes;
    }

    private static char[] BuildChars()
    {
        char[] chars = new char[256];
        char next = '\u0100';
        for (int value = 0; value < chars.Length; value++)
        {
            bool printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            chars[value] = printable ? (char)value : next++;
        }

        return chars;
    }

    private static short[] BuildBytes()
    {
        short[] bytes = new short[0x0100 + 256];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < CharOfByte.Length; value++)
        {
            bytes[CharOfByte[value]] = (short)value;
        }

        return bytes;
    }
}
