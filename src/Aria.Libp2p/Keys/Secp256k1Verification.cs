using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Aria.Libp2p.Keys;

/// <summary>Keys of the curve y² = x³ + 7 as compressed points, <c>02</c> or <c>03</c> and x; signatures in DER.</summary>
internal sealed class Secp256k1Verification : Verification
{
    private const int CoordinateBytes = 32;
    private const byte EvenY = 2;
    private const byte OddY = 3;

    private static readonly ECCurve Curve = ECCurve.CreateFromValue("1.3.132.0.10");

    // The prime of the field; 3 modulo 4, so that a root of a square s is s to the (prime + 1) / 4.
    private static readonly BigInteger Prime = BigInteger.Parse("0fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public override bool IsKey(ReadOnlySpan<byte> data)
    {
        if (!TryDecompress(data, out ECPoint point))
        {
            return false;
        }

        try
        {
            using ECDsa key = Import(point);
            return true;
        }
        catch (Exception exception) when (exception is CryptographicException or PlatformNotSupportedException)
        {
            return false;       // the system lacks the curve
        }
    }

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (!TryDecompress(data, out ECPoint point))
        {
            return false;
        }

        using ECDsa key = Import(point);
        return key.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static ECDsa Import(ECPoint point) => ECDsa.Create(new ECParameters { Curve = Curve, Q = point });

    // Nothing here is secret, so that time may tell.
    private static bool TryDecompress(ReadOnlySpan<byte> data, out ECPoint point)
    {
        point = default;
        if (data.Length != 1 + CoordinateBytes || data[0] is not (EvenY or OddY))
        {
            return false;
        }

        BigInteger x = new(data[1..], isUnsigned: true, isBigEndian: true);
        BigInteger square = (BigInteger.ModPow(x, 3, Prime) + 7) % Prime;
        BigInteger y = BigInteger.ModPow(square, (Prime + 1) / 4, Prime);
        if (x >= Prime || y * y % Prime != square)
        {
            return false;
        }

        y = y.IsEven == (data[0] == EvenY) ? y : Prime - y;
        byte[] bytes = new byte[CoordinateBytes];
        y.TryWriteBytes(bytes.AsSpan(CoordinateBytes - y.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
        point = new() { X = data[1..].ToArray(), Y = bytes };
        return true;
    }
}
