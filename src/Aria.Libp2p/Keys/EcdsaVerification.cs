using System.Security.Cryptography;

namespace Aria.Libp2p.Keys;

/// <summary>Keys of the named NIST curves as DER SubjectPublicKeyInfo, of which only the two coordinates differ from key to key; signatures in DER.</summary>
internal sealed class EcdsaVerification : Verification
{
    private static readonly (byte[] Head, int CoordinateBytes, ECCurve Curve)[] Curves =
    [
        (Convert.FromHexString("3059301306072a8648ce3d020106082a8648ce3d03010703420004"), 32, ECCurve.NamedCurves.nistP256),
        (Convert.FromHexString("3076301006072a8648ce3d020106052b8104002203620004"), 48, ECCurve.NamedCurves.nistP384),
        (Convert.FromHexString("30819b301006072a8648ce3d020106052b810400230381860004"), 66, ECCurve.NamedCurves.nistP521),
    ];

    public override bool IsKey(ReadOnlySpan<byte> data)
    {
        try
        {
            using ECDsa? key = Import(data);
            return key is not null;
        }
        catch (CryptographicException)
        {
            return false;       // no point of the curve
        }
    }

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        using ECDsa? key = Import(data);
        return key?.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence) == true;
    }

    private static ECDsa? Import(ReadOnlySpan<byte> data)
    {
        foreach ((byte[] head, int bytes, ECCurve curve) in Curves)
        {
            if (data.Length == head.Length + (2 * bytes) && data.StartsWith(head))
            {
                ReadOnlySpan<byte> point = data[head.Length..];
                return ECDsa.Create(new ECParameters { Curve = curve, Q = new() { X = point[..bytes].ToArray(), Y = point[bytes..].ToArray() } });
            }
        }

        return null;
    }
}
