using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Nat.HolePunching;

internal enum PunchType
{
    Connect = 100,
    Sync = 300,
}

/// <summary>DCUtR. Protobuf: 1 type, always written, 2 the sender's addresses as others see them; on the stream behind its length. Unreadable addresses are dropped.</summary>
internal sealed record PunchMessage(PunchType Type, ImmutableArray<Multiaddress> Addresses)
{
    public const string Id = "/libp2p/dcutr";
    public const int MaxBytes = 4096;
    public const int MaxAddresses = 16;

    public byte[] Encode()
    {
        ProtobufWriter writer = new ProtobufWriter().Varint(1, (ulong)Type);
        foreach (Multiaddress address in Addresses)
        {
            writer.Bytes(2, address.Bytes);
        }

        return writer.ToArray();
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out PunchMessage? message)
    {
        message = null;
        PunchType? type = null;
        ImmutableArray<Multiaddress>.Builder addresses = ImmutableArray.CreateBuilder<Multiaddress>();
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1 when field.IsBytes || field.Value is not ((ulong)PunchType.Connect or (ulong)PunchType.Sync):
                case 2 when !field.IsBytes:
                    return false;
                case 1:
                    type = (PunchType)field.Value;
                    break;
                case 2 when addresses.Count < MaxAddresses && Multiaddress.TryParse(field.Bytes, out Multiaddress? address):
                    addresses.Add(address);
                    break;
            }
        }

        message = reader.IsMalformed || type is not { } known ? null : new(known, addresses.DrainToImmutable());
        return message is not null;
    }

    public bool Equals(PunchMessage? other) => other is not null && Type == other.Type && Addresses.SequenceEqual(other.Addresses);

    public override int GetHashCode() => HashCode.Combine(Type, Addresses.Length);
}
