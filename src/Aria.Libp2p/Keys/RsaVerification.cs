using System.Security.Cryptography;

namespace Aria.Libp2p.Keys;

/// <summary>RSA keys as DER SubjectPublicKeyInfo. The size is bounded, and so is the exponent, on which the work of a verification hangs.</summary>
internal sealed class RsaVerification : Verification
{
    private const int MinBits = 2048;
    private const int MaxBits = 8192;
    private const int MaxExponentBytes = 4;

    public override bool IsKey(ReadOnlySpan<byte> data)
    {
        try
        {
            using RSA key = RSA.Create();
            key.ImportSubjectPublicKeyInfo(data, out int read);
            return read == data.Length && key.KeySize is >= MinBits and <= MaxBits && key.ExportParameters(includePrivateParameters: false).Exponent!.Length <= MaxExponentBytes
                && key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(data);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        using RSA key = RSA.Create();
        key.ImportSubjectPublicKeyInfo(data, out _);
        return key.VerifyData(message, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }
}
