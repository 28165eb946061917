using System.Collections.Immutable;
using System.Text;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Noise;

/// <summary>
/// What a peer tells in its encrypted handshake message: its identity key, the key's signature over the Noise static key, and the
/// muxers it would start with. Protobuf: 1 identity key, 2 signature, 4 extensions {2 muxer}.
/// </summary>
internal sealed record NoisePayload(PeerId Peer, ImmutableArray<string> Muxers)
{
    private const int MaxMuxers = 16;

    private static ReadOnlySpan<byte> SignaturePrefix => "noise-libp2p-static-key:"u8;

    public static byte[] Encode(Identity identity, ReadOnlySpan<byte> staticPublicKey, IReadOnlyList<string> muxers)
    {
        ProtobufWriter payload = new ProtobufWriter()
            .Bytes(1, identity.PublicKeyProtobuf())
            .Bytes(2, identity.Sign([.. SignaturePrefix, .. staticPublicKey]));
        if (muxers.Count > 0)
        {
            ProtobufWriter extensions = new();
            foreach (string muxer in muxers)
            {
                extensions.Text(2, muxer);
            }

            payload.Bytes(4, extensions.Written.Span);
        }

        return payload.ToArray();
    }

    /// <summary>Reads a payload and verifies that its identity signed <paramref name="staticPublicKey"/>; throws <see cref="ProtocolViolationException"/> otherwise.</summary>
    public static NoisePayload Open(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> staticPublicKey)
    {
        ReadOnlySpan<byte> key = default, signature = default, extensions = default;
        ProtobufReader reader = new(payload);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field.Number is 1 or 2 or 4 && !field.IsBytes)
            {
                throw Malformed();
            }

            switch (field.Number)
            {
                case 1: key = field.Bytes; break;
                case 2: signature = field.Bytes; break;
                case 4: extensions = field.Bytes; break;
            }
        }

        if (reader.IsMalformed || !PeerKey.TryRead(key, out PeerKey? peer))
        {
            throw Malformed();
        }

        return peer.Verify([.. SignaturePrefix, .. staticPublicKey], signature)
            ? new(peer.Id, ReadMuxers(extensions))
            : throw new ProtocolViolationException($"{peer.Id} did not sign the handshake's key.");
    }

    private static ImmutableArray<string> ReadMuxers(ReadOnlySpan<byte> extensions)
    {
        ImmutableArray<string>.Builder muxers = ImmutableArray.CreateBuilder<string>();
        ProtobufReader reader = new(extensions);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field is { Number: 2, IsBytes: true } && muxers.Count < MaxMuxers && System.Text.Unicode.Utf8.IsValid(field.Bytes))
            {
                muxers.Add(Encoding.UTF8.GetString(field.Bytes));
            }
        }

        return reader.IsMalformed ? throw Malformed() : muxers.DrainToImmutable();
    }

    private static ProtocolViolationException Malformed() => new("The remote end's handshake payload is malformed.");
}
