using System.Diagnostics.CodeAnalysis;

namespace Aria.Libp2p.Encodings;

/// <summary>The public key message of the peer-ids specification, of which this stack speaks Ed25519: exactly <c>08 01 12 20</c> and the key.</summary>
internal static class PublicKeyProtobuf
{
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out PeerId? id)
    {
        ReadOnlySpan<byte> prefix = PeerId.Ed25519KeyPrefix;
        bool valid = bytes.Length == prefix.Length + 32 && bytes.StartsWith(prefix);
        id = valid ? PeerId.FromEd25519(bytes[prefix.Length..]) : null;
        return valid;
    }
}
