using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Aria.Libp2p.Transports;

/// <summary>The secret of a private network: 32 bytes, in a file as <c>/key/swarm/psk/1.0.0/</c>, the encoding (<c>/base16/</c> or <c>/base64/</c>) and the key, each on a line.</summary>
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

    /// <summary>The key file's text.</summary>
    public string ToFileText() => $"{Header}\n/base16/\n{Convert.ToHexStringLower(_bytes)}\n";
}
