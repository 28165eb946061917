using System.Security.Cryptography;
using System.Text.Json;

namespace Aria.Libp2p.Tests;

/// <summary>A key pair of the vectors of a kind that this library verifies and does not hold, with the platform's own signatures.</summary>
internal sealed class OtherKey
{
    private readonly byte[] _private;

    private OtherKey(JsonElement vector)
    {
        Kind = vector.GetProperty("kind").GetString()!;
        Protobuf = Hex(vector, "public");
        PeerId = PeerId.Parse(vector.GetProperty("peerId").GetString()!);
        byte[] whole = Hex(vector, "private");
        _private = whole[(Kind == "rsa" ? 5 : 4)..];        // type and a length of two or of one byte
    }

    public static IEnumerable<OtherKey> All => Vectors.Section("keys").EnumerateArray().Where(one => one.GetProperty("kind").GetString() != "ed25519").Select(one => new OtherKey(one));

    public string Kind { get; }

    public byte[] Protobuf { get; }

    public PeerId PeerId { get; }

    /// <summary>The public key that the private one gives.</summary>
    public byte[] DerivedProtobuf()
    {
        byte[] data;
        if (Kind == "rsa")
        {
            using RSA rsa = Rsa();
            data = rsa.ExportSubjectPublicKeyInfo();
            return [0x08, 0x00, 0x12, (byte)(data.Length & 0x7f | 0x80), (byte)(data.Length >> 7), .. data];
        }

        using ECDsa ec = Ec();
        if (Kind == "ecdsa")
        {
            data = ec.ExportSubjectPublicKeyInfo();
            return [0x08, 0x03, 0x12, (byte)data.Length, .. data];
        }

        ECPoint point = ec.ExportParameters(includePrivateParameters: false).Q;
        return [0x08, 0x02, 0x12, 33, (byte)(2 + point.Y![^1] % 2), .. point.X!];
    }

    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        if (Kind == "rsa")
        {
            using RSA rsa = Rsa();
            return rsa.SignData(message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }

        using ECDsa ec = Ec();
        return ec.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static byte[] Hex(JsonElement vector, string name) => Convert.FromHexString(vector.GetProperty(name).GetString()!);

    private RSA Rsa()
    {
        RSA rsa = RSA.Create();
        rsa.ImportRSAPrivateKey(_private, out _);
        return rsa;
    }

    private ECDsa Ec()
    {
        if (Kind == "ecdsa")
        {
            ECDsa ec = ECDsa.Create();
            ec.ImportECPrivateKey(_private, out _);
            return ec;
        }

        return ECDsa.Create(new ECParameters { Curve = ECCurve.CreateFromValue("1.3.132.0.10"), D = _private });
    }
}
