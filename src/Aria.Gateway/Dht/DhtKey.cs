using System.Diagnostics.CodeAnalysis;
using System.Text;
using Aria.Libp2p;

namespace Aria.Gateway.Dht;

/// <summary>Keys of the hash table as people write them: their text, or <c>hex:</c> and their bytes (specs/gateway.md §8).</summary>
public static class DhtKey
{
    private const string HexWord = "hex:";
    private const int MaxBytes = 512;

    /// <summary>Any key.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out byte[]? key)
    {
        ArgumentNullException.ThrowIfNull(text);
        key = text.StartsWith(HexWord, StringComparison.Ordinal) ? FromHex(text[HexWord.Length..]) : Encoding.UTF8.GetBytes(text);
        key = key is { Length: > 0 and <= MaxBytes } ? key : null;
        return key is not null;
    }

    /// <summary>A place to find the closest peers of: a key, or a peer by its id.</summary>
    public static bool TryParsePlace(string text, [NotNullWhen(true)] out byte[]? key)
    {
        key = PeerId.TryParse(text, out PeerId? peer) ? peer.Bytes.ToArray() : null;
        return key is not null || TryParse(text, out key);
    }

    /// <summary>A key that providers announce themselves for: a model id of 64 hexadecimal digits, or a sha2-256 multihash, <c>1220</c> and 64 of them, with or without <c>hex:</c>.</summary>
    public static bool TryParseProvided(string text, [NotNullWhen(true)] out byte[]? multihash)
    {
        ArgumentNullException.ThrowIfNull(text);
        byte[]? bytes = FromHex(text.StartsWith(HexWord, StringComparison.Ordinal) ? text[HexWord.Length..] : text);
        multihash = bytes switch
        {
            { Length: 32 } => [0x12, 0x20, .. bytes],
            [0x12, 0x20, ..] when bytes.Length == 34 => bytes,
            _ => null,
        };
        return multihash is not null;
    }

    /// <summary>A key of printable ASCII as it is, any other behind <c>hex:</c>.</summary>
    public static string Format(ReadOnlySpan<byte> key)
    {
        bool readable = true;
        foreach (byte one in key)
        {
            readable &= one is > 0x20 and < 0x7f;
        }

        string text = readable ? Encoding.ASCII.GetString(key) : "";
        return readable && !text.StartsWith(HexWord, StringComparison.Ordinal) ? text : HexWord + Convert.ToHexStringLower(key);
    }

    private static byte[]? FromHex(string digits) => digits.Length % 2 == 0 && digits.Length > 0 && digits.All(char.IsAsciiHexDigit) ? Convert.FromHexString(digits) : null;
}
