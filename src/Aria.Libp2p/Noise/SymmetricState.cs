using System.Security.Cryptography;

namespace Aria.Libp2p.Noise;

/// <summary>The chaining key, the transcript hash and the current cipher of a Noise handshake with SHA-256.</summary>
internal sealed class SymmetricState : IDisposable
{
    private const int HashBytes = 32;

    private byte[] _chainingKey;
    private byte[] _hash;
    private CipherState? _cipher;

    /// <summary>Begins with a protocol name of exactly 32 bytes, which is then the hash itself.</summary>
    public SymmetricState(ReadOnlySpan<byte> protocolName, ReadOnlySpan<byte> prologue)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(protocolName.Length, HashBytes, nameof(protocolName));
        _hash = protocolName.ToArray();
        _chainingKey = protocolName.ToArray();
        MixHash(prologue);
    }

    public ReadOnlySpan<byte> Hash => _hash;

    /// <summary>Bytes that <see cref="EncryptAndHash"/> adds: none before the first key.</summary>
    public int Overhead => _cipher is null ? 0 : CipherState.TagBytes;

    public void MixHash(ReadOnlySpan<byte> data)
    {
        using IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(_hash);
        sha.AppendData(data);
        _hash = sha.GetHashAndReset();
    }

    public void MixKey(ReadOnlySpan<byte> secret)
    {
        Span<byte> derived = stackalloc byte[2 * HashBytes];
        Derive(secret, derived);
        _chainingKey = derived[..HashBytes].ToArray();
        _cipher?.Dispose();
        _cipher = new(derived[HashBytes..]);
        CryptographicOperations.ZeroMemory(derived);
    }

    public byte[] EncryptAndHash(ReadOnlySpan<byte> text)
    {
        byte[] output = new byte[text.Length + Overhead];
        text.CopyTo(output);
        _cipher?.Encrypt(output.AsSpan(0, text.Length), output.AsSpan(text.Length), _hash);
        MixHash(output);
        return output;
    }

    public byte[] DecryptAndHash(ReadOnlySpan<byte> data)
    {
        byte[] text = data.ToArray();
        int length = _cipher?.Decrypt(text, _hash) ?? text.Length;
        MixHash(data);
        return text[..length];
    }

    /// <summary>The two transport ciphers, the initiator's sending one first.</summary>
    public (CipherState Initiator, CipherState Responder) Split()
    {
        Span<byte> derived = stackalloc byte[2 * CipherState.KeyBytes];
        Derive([], derived);
        (CipherState, CipherState) pair = (new(derived[..CipherState.KeyBytes]), new(derived[CipherState.KeyBytes..]));
        CryptographicOperations.ZeroMemory(derived);
        return pair;
    }

    public void Dispose()
    {
        _cipher?.Dispose();
        CryptographicOperations.ZeroMemory(_chainingKey);
    }

    // HKDF as the Noise specification spells it, two outputs. The platform's own refuses the empty secret of Split.
    private void Derive(ReadOnlySpan<byte> secret, Span<byte> outputs)
    {
        Span<byte> pseudorandomKey = stackalloc byte[HashBytes];
        HMACSHA256.HashData(_chainingKey, secret, pseudorandomKey);
        HMACSHA256.HashData(pseudorandomKey, [1], outputs[..HashBytes]);
        Span<byte> second = [.. outputs[..HashBytes], 2];
        HMACSHA256.HashData(pseudorandomKey, second, outputs[HashBytes..]);
        CryptographicOperations.ZeroMemory(pseudorandomKey);
        CryptographicOperations.ZeroMemory(second);
    }
}
