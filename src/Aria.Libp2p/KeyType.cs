namespace Aria.Libp2p;

/// <summary>The kinds of keys that the libp2p peer-ids specification knows, by their numbers there.</summary>
public enum KeyType
{
    /// <summary>RSA of 2048 to 8192 bits; signatures are RSASSA-PKCS1-v1_5 over SHA-256.</summary>
    Rsa = 0,

    /// <summary>Ed25519: the kind of every <see cref="Identity"/> of this library.</summary>
    Ed25519 = 1,

    /// <summary>ECDSA over secp256k1 and SHA-256, where the system has that curve.</summary>
    Secp256k1 = 2,

    /// <summary>ECDSA over NIST P-256, P-384 or P-521 and SHA-256.</summary>
    Ecdsa = 3,
}
