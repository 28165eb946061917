using System.Numerics;

namespace Aria.Libp2p.Encodings;

/// <summary>Bytes as one big-endian number in base 36 or 58, each leading zero byte kept as a leading zero digit. For short values only: the time is quadratic.</summary>
internal sealed class RadixText(string alphabet)
{
    /// <summary>Multibase <c>k</c>.</summary>
    public static RadixText Base36 { get; } = new("0123456789abcdefghijklmnopqrstuvwxyz");

    /// <summary>Multibase <c>z</c>, the Bitcoin alphabet.</summary>
    public static RadixText Base58 { get; } = new("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz");

    public string Encode(ReadOnlySpan<byte> bytes)
    {
        Stack<char> digits = new();
        for (BigInteger number = new(bytes, isUnsigned: true, isBigEndian: true); !number.IsZero;)
        {
            number = BigInteger.DivRem(number, alphabet.Length, out BigInteger digit);
            digits.Push(alphabet[(int)digit]);
        }

        return new string(alphabet[0], CountLeading(bytes, (byte)0)) + string.Concat(digits);
    }

    public bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        BigInteger number = BigInteger.Zero;
        foreach (char symbol in text)
        {
            int digit = alphabet.IndexOf(symbol, StringComparison.Ordinal);
            if (digit < 0)
            {
                return false;
            }

            number = number * alphabet.Length + digit;
        }

        byte[] magnitude = number.IsZero ? [] : number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes = [.. new byte[CountLeading(text, alphabet[0])], .. magnitude];
        return true;
    }

    private static int CountLeading<T>(ReadOnlySpan<T> values, T zero) where T : IEquatable<T> =>
        values.IndexOfAnyExcept(zero) is var first and >= 0 ? first : values.Length;
}
