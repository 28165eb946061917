using System.Runtime.InteropServices;

namespace Aria.Libp2p.Encodings;

/// <summary>The XSalsa20 key stream, by libsodium: from its beginning on, each byte of it used once.</summary>
internal sealed class XSalsa20(byte[] key, byte[] nonce)
{
    public const int NonceBytes = 24;

    private const int BlockBytes = 64;

    private ulong _position;

    /// <summary>Encrypts or decrypts the next bytes into <paramref name="destination"/>, which may be <paramref name="source"/> itself and must be as long.</summary>
    public void Transform(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int offset = (int)(_position % BlockBytes);
        if (offset > 0 && !source.IsEmpty)
        {
            // The rest of a block that was begun.
            Span<byte> block = stackalloc byte[BlockBytes];
            int count = Math.Min(BlockBytes - offset, source.Length);
            block.Clear();
            source[..count].CopyTo(block[offset..]);
            Xor(block, block);
            block.Slice(offset, count).CopyTo(destination);
            block.Clear();
            _position += (ulong)count;
            source = source[count..];
            destination = destination[count..];
        }

        if (!source.IsEmpty)
        {
            Xor(source, destination);
            _position += (ulong)source.Length;
        }
    }

    /// <summary>The beginning of the key stream of Salsa20, which XSalsa20 is made of, under a nonce of eight bytes.</summary>
    public static byte[] Salsa20Stream(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, 32, nameof(key));
        ArgumentOutOfRangeException.ThrowIfNotEqual(nonce.Length, 8, nameof(nonce));
        byte[] stream = new byte[length];
        int failed = crypto_stream_salsa20(ref stream[0], (ulong)length, in nonce[0], in key[0]);
        return failed == 0 ? stream : throw new InvalidOperationException("libsodium refused to run Salsa20.");
    }

    private void Xor(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int failed = crypto_stream_xsalsa20_xor_ic(
            ref MemoryMarshal.GetReference(destination), in MemoryMarshal.GetReference(source), (ulong)source.Length, in nonce[0], _position / BlockBytes, in key[0]);
        if (failed != 0)
        {
            throw new InvalidOperationException("libsodium refused to run XSalsa20.");
        }
    }

    [DllImport("libsodium", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static extern int crypto_stream_xsalsa20_xor_ic(ref byte destination, in byte source, ulong length, in byte nonce, ulong firstBlock, in byte key);

    [DllImport("libsodium", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static extern int crypto_stream_salsa20(ref byte destination, ulong length, in byte nonce, in byte key);
}
