using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Nat.Circuits;

/// <summary>The other end of a circuit. Protobuf: 1 peer id, 2 addresses; unreadable addresses are dropped.</summary>
internal sealed record CircuitPeer(PeerId Id, ImmutableArray<Multiaddress> Addresses)
{
    private const int MaxAddresses = 32;

    public byte[] Encode()
    {
        ProtobufWriter writer = new ProtobufWriter().Bytes(1, Id.Bytes);
        foreach (Multiaddress address in Addresses)
        {
            writer.Bytes(2, address.Bytes);
        }

        return writer.ToArray();
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out CircuitPeer? peer)
    {
        peer = null;
        PeerId? id = null;
        ImmutableArray<Multiaddress>.Builder addresses = ImmutableArray.CreateBuilder<Multiaddress>();
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1 or 2 when !field.IsBytes:
                    return false;
                case 1 when !PeerId.TryFromBytes(field.Bytes, out id):
                    return false;
                case 2 when addresses.Count < MaxAddresses && Multiaddress.TryParse(field.Bytes, out Multiaddress? address):
                    addresses.Add(address);
                    break;
            }
        }

        peer = reader.IsMalformed || id is null ? null : new(id, addresses.DrainToImmutable());
        return peer is not null;
    }

    public bool Equals(CircuitPeer? other) => other is not null && Id == other.Id && Addresses.SequenceEqual(other.Addresses);

    public override int GetHashCode() => Id.GetHashCode();
}
