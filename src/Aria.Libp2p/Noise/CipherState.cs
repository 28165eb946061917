using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Aria.Libp2p.Noise;

/// <summary>A ChaCha20-Poly1305 key and its counting nonce: four zero bytes and a little-endian u64.</summary>
internal sealed class CipherState(ReadOnlySpan<byte> key) : IDisposable
{
    public const int KeyBytes = 32;
    public const int TagBytes = 16;

    private readonly ChaCha20Poly1305 _cipher = new(key);
    private readonly byte[] _nonce = new byte[12];
    private ulong _counter;

    /// <summary>Encrypts in place; the tag follows in <paramref name="tag"/>.</summary>
    public void Encrypt(Span<byte> text, Span<byte> tag, ReadOnlySpan<byte> associated = default) =>
        _cipher.Encrypt(NextNonce(), text, text, tag, associated);

    /// <summary>Decrypts text and tag in place and returns the length of the text; throws <see cref="ProtocolViolationException"/> for what the key did not make.</summary>
    public int Decrypt(Span<byte> textAndTag, ReadOnlySpan<byte> associated = default)
    {
        int length = textAndTag.Length - TagBytes;
        if (length < 0)
        {
            throw new ProtocolViolationException("An encrypted frame is shorter than its tag.");
        }

        try
        {
            _cipher.Decrypt(NextNonce(), textAndTag[..length], textAndTag[length..], textAndTag[..length], associated);
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw new ProtocolViolationException("An encrypted frame was not made by the remote end, or not in this order.", exception);
        }

        return length;
    }

    public void Dispose() => _cipher.Dispose();

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
