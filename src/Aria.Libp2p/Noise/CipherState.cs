using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Aria.Libp2p.Noise;

/// <summary>
/// A ChaCha20-Poly1305 key and its counting nonce: four zero bytes and a little-endian u64. The cipher itself, 1.7 KB of native memory and made in a microsecond,
/// is there while it is used.
/// </summary>
internal sealed class CipherState(ReadOnlySpan<byte> key) : IDisposable
{
    public const int KeyBytes = 32;
    public const int TagBytes = 16;

    private readonly byte[] _key = key.ToArray();
    private readonly byte[] _nonce = new byte[12];
    private ChaCha20Poly1305? _cipher;      // whoever uses it takes it out
    private ulong _counter;
    private volatile bool _isUsed;

    /// <summary>Encrypts in place; the tag follows in <paramref name="tag"/>.</summary>
    public void Encrypt(Span<byte> text, Span<byte> tag, ReadOnlySpan<byte> associated = default)
    {
        ChaCha20Poly1305 cipher = Take();
        cipher.Encrypt(NextNonce(), text, text, tag, associated);
        Volatile.Write(ref _cipher, cipher);
    }

    /// <summary>Decrypts text and tag in place and returns the length of the text; throws <see cref="ProtocolViolationException"/> for what the key did not make.</summary>
    public int Decrypt(Span<byte> textAndTag, ReadOnlySpan<byte> associated = default)
    {
        int length = textAndTag.Length - TagBytes;
        if (length < 0)
        {
            throw new ProtocolViolationException("An encrypted frame is shorter than its tag.");
        }

        ChaCha20Poly1305 cipher = Take();
        try
        {
            cipher.Decrypt(NextNonce(), textAndTag[..length], textAndTag[length..], textAndTag[..length], associated);
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw new ProtocolViolationException("An encrypted frame was not made by the remote end, or not in this order.", exception);
        }
        finally
        {
            Volatile.Write(ref _cipher, cipher);
        }

        return length;
    }

    /// <summary>Frees the cipher where it was not used since the last call. From any thread, also while it is being used.</summary>
    public void Rest()
    {
        if (_isUsed)
        {
            _isUsed = false;
            return;
        }

        Interlocked.Exchange(ref _cipher, null)?.Dispose();
    }

    /// <summary>Forgets the key; nobody uses it any more.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        Interlocked.Exchange(ref _cipher, null)?.Dispose();
    }

    private ChaCha20Poly1305 Take()
    {
        _isUsed = true;
        return Interlocked.Exchange(ref _cipher, null) ?? new(_key);
    }

    private byte[] NextNonce()
    {
        if (_counter == ulong.MaxValue)
        {
            throw new ProtocolViolationException("The nonces of the connection are used up.");
        }

        BinaryPrimitives.WriteUInt64LittleEndian(_nonce.AsSpan(4), _counter++);
        return _nonce;
    }
}
