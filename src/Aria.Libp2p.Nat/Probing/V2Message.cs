using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Nat.Probing;

/// <summary>
/// AutoNAT v2, on a stream of <see cref="RequestId"/>. Protobuf, one of: 1 dial request {1 addresses, 2 nonce fixed64}, 2 dial response {1 status, 2 index of the address, 3 dial status},
/// 3 dial data request {1 index, 2 bytes}, 4 dial data {1 bytes}.
/// </summary>
internal abstract record V2Message
{
    public const string RequestId = "/libp2p/autonat/2/dial-request";
    public const string DialBackId = "/libp2p/autonat/2/dial-back";
    public const int MaxBytes = 8192;

    /// <summary>Addresses of a request; what is beyond is not looked at.</summary>
    public const int MaxAddresses = 50;

    /// <summary>The most bytes in one message of dial data.</summary>
    public const int MaxDataBytes = 4096;

    // An address that cannot be read keeps its place, for the answer names places.
    internal sealed record Request(ImmutableArray<Multiaddress?> Addresses, ulong Nonce) : V2Message
    {
        public bool Equals(Request? other) => other is not null && Nonce == other.Nonce && Addresses.SequenceEqual(other.Addresses);

        public override int GetHashCode() => Nonce.GetHashCode();
    }

    internal sealed record Response(V2Status Status, uint Index, V2DialStatus DialStatus) : V2Message;

    internal sealed record DataRequest(uint Index, ulong Bytes) : V2Message;

    internal sealed record Data(int Length) : V2Message;

    public byte[] Encode()
    {
        ProtobufWriter body = new();
        switch (this)
        {
            case Request request:
                foreach (Multiaddress? address in request.Addresses)
                {
                    body.Bytes(1, address is null ? default : address.Bytes);
                }

                return new ProtobufWriter().Bytes(1, body.Fixed64(2, request.Nonce).ToArray()).ToArray();
            case Response response:
                return new ProtobufWriter().Bytes(2, Numbers((ulong)response.Status, response.Index, (ulong)response.DialStatus)).ToArray();
            case DataRequest request:
                return new ProtobufWriter().Bytes(3, Numbers(request.Index, request.Bytes)).ToArray();
            default:
                return new ProtobufWriter().Bytes(4, body.Bytes(1, new byte[((Data)this).Length]).ToArray()).ToArray();
        }
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out V2Message? message)
    {
        message = null;
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field.Number is < 1 or > 4)
            {
                continue;
            }

            if (!field.IsBytes || message is not null)
            {
                return false;
            }

            message = field.Number switch
            {
                1 => ReadRequest(field.Bytes),
                4 => ReadData(field.Bytes),
                _ => ReadNumbers(field.Number, field.Bytes),
            };
            if (message is null)
            {
                return false;
            }
        }

        message = reader.IsMalformed ? null : message;
        return message is not null;
    }

    /// <summary>The message of a dial back: 1 nonce fixed64. The answer, 1 status where 0 is OK, is empty.</summary>
    public static byte[] EncodeDialBack(ulong nonce) => new ProtobufWriter().Fixed64(1, nonce).ToArray();

    public static bool TryDecodeDialBack(ReadOnlySpan<byte> bytes, out ulong nonce)
    {
        nonce = 0;
        ProtobufReader reader = new(bytes);
        bool found = false;
        while (reader.TryRead(out ProtobufField field))
        {
            if (field is { Number: 1, IsBytes: false })
            {
                (nonce, found) = (field.Value, true);
            }
        }

        return found && !reader.IsMalformed;
    }

    // Fields 1, 2 …, a zero not at all.
    private static byte[] Numbers(params ReadOnlySpan<ulong> values)
    {
        ProtobufWriter writer = new();
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] != 0)
            {
                writer.Varint(i + 1, values[i]);
            }
        }

        return writer.ToArray();
    }

    private static Request? ReadRequest(ReadOnlySpan<byte> bytes)
    {
        ImmutableArray<Multiaddress?>.Builder addresses = ImmutableArray.CreateBuilder<Multiaddress?>();
        ulong nonce = 0;
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            switch (field.Number)
            {
                case 1 when !field.IsBytes:
                case 2 when field.IsBytes:
                    return null;
                case 1 when addresses.Count < MaxAddresses:
                    addresses.Add(Multiaddress.TryParse(field.Bytes, out Multiaddress? address) ? address : null);
                    break;
                case 2:
                    nonce = field.Value;
                    break;
            }
        }

        return reader.IsMalformed ? null : new(addresses.DrainToImmutable(), nonce);
    }

    private static Data? ReadData(ReadOnlySpan<byte> bytes)
    {
        int length = 0;
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field.Number == 1)
            {
                if (!field.IsBytes)
                {
                    return null;
                }

                length = field.Bytes.Length;
            }
        }

        return reader.IsMalformed || length > MaxDataBytes ? null : new(length);
    }

    private static V2Message? ReadNumbers(int kind, ReadOnlySpan<byte> bytes)
    {
        ulong first = 0, second = 0, third = 0;
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field.Number <= 3 && field.IsBytes)
            {
                return null;
            }

            switch (field.Number)
            {
                case 1:
                    first = field.Value;
                    break;
                case 2:
                    second = field.Value;
                    break;
                case 3:
                    third = field.Value;
                    break;
            }
        }

        if (reader.IsMalformed || first > int.MaxValue || third > int.MaxValue || (kind == 2 && second > int.MaxValue))
        {
            return null;
        }

        return kind == 2 ? new Response((V2Status)first, (uint)second, (V2DialStatus)third) : new DataRequest((uint)first, second);
    }
}
