namespace Aria.Libp2p.Keys;

/// <summary>What is done with public keys of one kind.</summary>
internal abstract class Verification
{
    private static readonly Verification[] ByType = [new RsaVerification(), new Ed25519Verification(), new Secp256k1Verification(), new EcdsaVerification()];

    public static Verification Of(KeyType type) => ByType[(int)type];

    /// <summary>True for the one spelling of a key of this kind that this system can verify with.</summary>
    public abstract bool IsKey(ReadOnlySpan<byte> data);

    /// <summary>True where the signature was made with the private half of <paramref name="data"/>, which <see cref="IsKey"/> took. Bytes that are no signature are a false one.</summary>
    public abstract bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}
