using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Transports;

/// <summary>
/// The secret of a private network: 32 bytes, in a file as <c>/key/swarm/psk/1.0.0/</c>, the encoding (<c>/base16/</c>, <c>/base64/</c> or <c>/bin/</c>) and the key, each on a line; of
/// <c>/bin/</c> the bytes themselves.
/// </summary>
public sealed class PreSharedKey
{
    /// <summary>The length in bytes.</summary>
    public const int KeyBytes = 32;

    private const string Header = "/key/swarm/psk/1.0.0/";
    private const int MaxTextChars = 1024;

    private readonly byte[] _bytes;

    private PreSharedKey(byte[] bytes) => _bytes = bytes;

    /// <summary>The secret.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>
    /// What names the network and gives nothing of the key away, 16 bytes, as kubo tells it: SHAKE128 of the first 64 bytes of the key's Salsa20 stream under the nonce <c>finprint</c>. Throws
    /// <see cref="PlatformNotSupportedException"/> where the system has no SHAKE128.
    /// </summary>
    public byte[] Fingerprint()
    {
        const int FingerprintBytes = 16, StreamBytes = 64;
        return Shake128.HashData(XSalsa20.Salsa20Stream(_bytes, "finprint"u8, StreamBytes), FingerprintBytes);
    }

    /// <summary>The key of 32 bytes that everyone in the network has.</summary>
    public static PreSharedKey FromBytes(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, KeyBytes, nameof(bytes));
        return new(bytes.ToArray());
    }

    /// <summary>A new key from the system's randomness.</summary>
    public static PreSharedKey Generate() => new(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>Reads a key file's text.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out PreSharedKey? key)
    {
        key = null;
        if (text is null || text.Length > MaxTextChars)
        {
            return false;
        }

        string[] lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (lines is not [Header, var encoding, var secret])
        {
            return false;
        }

        byte[] bytes = new byte[KeyBytes];
        bool isRead = encoding switch
        {
            "/base16/" => secret.Length == 2 * KeyBytes && Convert.FromHexString(secret, bytes, out _, out _) == System.Buffers.OperationStatus.Done,
            "/base64/" => Convert.TryFromBase64String(secret, bytes, out int count) && count == KeyBytes,
            _ => false,
        };
        key = isRead ? new(bytes) : null;
        return isRead;
    }

    /// <summary>Reads a key file, whatever its encoding.</summary>
    public static bool TryParse(ReadOnlySpan<byte> file, [NotNullWhen(true)] out PreSharedKey? key)
    {
        ReadOnlySpan<byte> head = "/key/swarm/psk/1.0.0/\n/bin/\n"u8;
        if (!file.StartsWith(head))
        {
            return TryParse(file.Length <= MaxTextChars ? Encoding.Latin1.GetString(file) : null, out key);
        }

        ReadOnlySpan<byte> secret = file[head.Length..];
        key = secret.Length == KeyBytes || (secret.Length == KeyBytes + 1 && secret[^1] == (byte)'\n') ? new(secret[..KeyBytes].ToArray()) : null;
        return key is not null;
    }

    /// <summary>The key file's text.</summary>
    public string ToFileText() => $"{Header}\n/base16/\n{Convert.ToHexStringLower(_bytes)}\n";
}
