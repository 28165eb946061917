using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;

namespace Aria.Libp2p.Encodings;

/// <summary>A peer id.</summary>
internal sealed class PeerAddressValue : AddressValue
{
    public override byte[]? Encode(string text) => PeerId.TryParse(text, out PeerId? peer) ? peer.Bytes.ToArray() : null;

    public override string? Print(ReadOnlySpan<byte> bytes) => PeerId.TryFromBytes(bytes, out PeerId? peer) ? peer.ToString() : null;
}

/// <summary>The hash of a certificate: a multihash, in text with the letter of its base before it; base64url is the usual one.</summary>
internal sealed class CertificateHashAddressValue : AddressValue
{
    public override byte[]? Encode(string text) => Decode(text) is { } bytes && Multihash.TryRead(bytes, out _, out _) ? bytes : null;

    public override string? Print(ReadOnlySpan<byte> bytes) => Multihash.TryRead(bytes, out _, out _) ? "u" + Base64Url.EncodeToString(bytes) : null;

    private static byte[]? Decode(string text)
    {
        const int MaxChars = 512;       // the decoding of base58 takes quadratic time
        if (text.Length is < 2 or > MaxChars)
        {
            return null;
        }

        ReadOnlySpan<char> rest = text.AsSpan(1);
        byte[] bytes;
        return text[0] switch
        {
            'u' when Base64Url.IsValid(rest) && !rest.Contains('=') => Base64Url.DecodeFromChars(rest),
            'b' when Base32.TryDecode(rest, out bytes) => bytes,
            'z' when RadixText.Base58.TryDecode(rest, out bytes) => bytes,
            _ => null,
        };
    }
}

/// <summary>A Tor onion service: so many bytes in base32, and a port that is not 0.</summary>
internal sealed class OnionAddressValue(int hostBytes) : AddressValue
{
    public override int? FixedBytes => hostBytes + sizeof(ushort);

    public override byte[]? Encode(string text)
    {
        if (text.Split(':') is not [var host, var portText] || !Base32.TryDecode(host, out byte[] bytes) || bytes.Length != hostBytes
            || !ushort.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
        {
            return null;
        }

        return [.. bytes, (byte)(port >> 8), (byte)port];
    }

    public override string? Print(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes[hostBytes..]) is > 0 and var port
        ? string.Create(CultureInfo.InvariantCulture, $"{Base32.Encode(bytes[..hostBytes])}:{port}") : null;
}

/// <summary>An I2P destination: 386 bytes and more in base64 with <c>-</c> and <c>~</c>.</summary>
internal sealed class GarlicAddressValue : AddressValue
{
    private const int MinBytes = 386;

    public override byte[]? Encode(string text)
    {
        byte[] bytes = new byte[text.Length];
        return !text.Any(c => c is '+' or '/' || TextAddressValue.IsBlank(c)) && Convert.TryFromBase64String(text.Replace('-', '+').Replace('~', '/'), bytes, out int count) && count >= MinBytes
            ? bytes[..count] : null;
    }

    public override string? Print(ReadOnlySpan<byte> bytes) => bytes.Length >= MinBytes ? Convert.ToBase64String(bytes).Replace('+', '-').Replace('/', '~') : null;
}

/// <summary>The hash of an I2P destination in base32: 32 bytes, or 35 and more where its lease set is encrypted.</summary>
internal sealed class GarlicHashAddressValue : AddressValue
{
    private const int HashBytes = 32;
    private const int MinEncryptedBytes = 35;

    public override byte[]? Encode(string text) => Base32.TryDecode(text, out byte[] bytes, allowsSpareBits: true) && IsHash(bytes) ? bytes : null;

    public override string? Print(ReadOnlySpan<byte> bytes) => IsHash(bytes) ? Base32.Encode(bytes) : null;

    private static bool IsHash(ReadOnlySpan<byte> bytes) => bytes.Length is HashBytes or >= MinEncryptedBytes;
}
