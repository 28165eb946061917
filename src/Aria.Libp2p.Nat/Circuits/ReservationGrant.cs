using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Nat.Circuits;

/// <summary>
/// What a relay promises. Protobuf: 1 expiry in unix seconds, 2 the relay's addresses, each ending in its peer id, 3 the signed voucher;
/// unreadable addresses are dropped.
/// </summary>
internal sealed record ReservationGrant(ulong ExpiresAtUnixSeconds, ImmutableArray<Multiaddress> Addresses, ReadOnlyMemory<byte> Voucher)
{
    private const int MaxAddresses = 32;

    public byte[] Encode()
    {
        ProtobufWriter writer = new ProtobufWriter().Varint(1, ExpiresAtUnixSeconds);
        foreach (Multiaddress address in Addresses)
        {
            writer.Bytes(2, address.Bytes);
        }

        return (Voucher.IsEmpty ? writer : writer.Bytes(3, Voucher.Span)).ToArray();
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ReservationGrant? grant)
    {
        grant = null;
        ulong expires = 0;
        byte[] voucher = [];
        ImmutableArray<Multiaddress>.Builder addresses = ImmutableArray.CreateBuilder<Multiaddress>();
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1 when field.IsBytes:
                case 2 or 3 when !field.IsBytes:
                    return false;
                case 1:
                    expires = field.Value;
                    break;
                case 2 when addresses.Count < MaxAddresses && Multiaddress.TryParse(field.Bytes, out Multiaddress? address):
                    addresses.Add(address);
                    break;
                case 3:
                    voucher = field.Bytes.ToArray();
                    break;
            }
        }

        grant = reader.IsMalformed ? null : new(expires, addresses.DrainToImmutable(), voucher);
        return grant is not null;
    }

    public bool Equals(ReservationGrant? other) => other is not null && ExpiresAtUnixSeconds == other.ExpiresAtUnixSeconds
        && Addresses.SequenceEqual(other.Addresses) && Voucher.Span.SequenceEqual(other.Voucher.Span);

    public override int GetHashCode() => ExpiresAtUnixSeconds.GetHashCode();
}
