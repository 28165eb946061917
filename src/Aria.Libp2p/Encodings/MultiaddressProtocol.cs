using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Aria.Libp2p.Encodings;

internal enum AddressValue
{
    None,
    Ip4,
    Ip6,
    Port,
    Number,
    Text,
    Peer,
}

/// <summary>A row of the multiaddr protocol table: code, name and how the value is spelt in text and in bytes.</summary>
internal sealed class MultiaddressProtocol
{
    private const int MaxValueBytes = 255;

    private static readonly MultiaddressProtocol[] Table =
    [
        new(4, "ip4", AddressValue.Ip4),
        new(6, "tcp", AddressValue.Port),
        new(273, "udp", AddressValue.Port),
        new(41, "ip6", AddressValue.Ip6),
        new(42, "ip6zone", AddressValue.Text),
        new(53, "dns", AddressValue.Text),
        new(54, "dns4", AddressValue.Text),
        new(55, "dns6", AddressValue.Text),
        new(56, "dnsaddr", AddressValue.Text),
        new(290, "p2p-circuit", AddressValue.None),
        new(421, "p2p", AddressValue.Peer),
        new(448, "tls", AddressValue.None),
        new(449, "sni", AddressValue.Text),
        new(454, "noise", AddressValue.None),
        new(460, "quic", AddressValue.None),
        new(461, "quic-v1", AddressValue.None),
        new(465, "webtransport", AddressValue.None),
        new(477, "ws", AddressValue.None),
        new(478, "wss", AddressValue.None),
        new(777, "memory", AddressValue.Number),
    ];

    private static readonly SearchValues<char> Ip6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    private static readonly Dictionary<string, MultiaddressProtocol> ByName = new(
        [.. Table.Select(row => KeyValuePair.Create(row.Name, row)), KeyValuePair.Create("ipfs", Table.First(row => row.Name == "p2p"))],
        StringComparer.Ordinal);

    private static readonly Dictionary<ulong, MultiaddressProtocol> ByCode = Table.ToDictionary(row => row.Code);

    private MultiaddressProtocol(ulong code, string name, AddressValue kind)
    {
        Code = code;
        Name = name;
        Kind = kind;
    }

    public ulong Code { get; }

    public string Name { get; }

    public AddressValue Kind { get; }

    /// <summary>Finds a protocol by name; <c>ipfs</c> is the old name of <c>p2p</c>.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out MultiaddressProtocol? protocol) => ByName.TryGetValue(name, out protocol);

    public static bool TryFind(ulong code, [NotNullWhen(true)] out MultiaddressProtocol? protocol) => ByCode.TryGetValue(code, out protocol);

    /// <summary>Encodes a value given as text, with its length prefix where the protocol has one.</summary>
    public bool TryEncode(string text, ArrayBufferWriter<byte> destination)
    {
        switch (Kind)
        {
            case AddressValue.None:
                return text.Length == 0;
            case AddressValue.Ip4 when IPAddress.TryParse(text, out IPAddress? ip) && ip.AddressFamily == AddressFamily.InterNetwork && ip.ToString() == text:
                destination.Write(ip.GetAddressBytes());
                return true;
            case AddressValue.Ip6 when IsPlainIp6(text) && IPAddress.TryParse(text, out IPAddress? ip) && ip.AddressFamily == AddressFamily.InterNetworkV6:
                destination.Write(ip.GetAddressBytes());
                return true;
            case AddressValue.Port when ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port):
                BinaryPrimitives.WriteUInt16BigEndian(destination.GetSpan(sizeof(ushort)), port);
                destination.Advance(sizeof(ushort));
                return true;
            case AddressValue.Number when ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number):
                BinaryPrimitives.WriteUInt64BigEndian(destination.GetSpan(sizeof(ulong)), number);
                destination.Advance(sizeof(ulong));
                return true;
            case AddressValue.Text when text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= MaxValueBytes && IsPlainText(text):
                WritePrefixed(destination, Encoding.UTF8.GetBytes(text));
                return true;
            case AddressValue.Peer when PeerId.TryParse(text, out PeerId? peer):
                WritePrefixed(destination, peer.Bytes);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Decodes the value at the front of <paramref name="rest"/> to text and moves past it.</summary>
    public bool TryDecode(ref ReadOnlySpan<byte> rest, out string text)
    {
        text = "";
        if (!TryTakeValue(ref rest, out ReadOnlySpan<byte> value))
        {
            return false;
        }

        switch (Kind)
        {
            case AddressValue.None:
                return true;
            case AddressValue.Ip4 or AddressValue.Ip6:
                text = new IPAddress(value).ToString();
                return true;
            case AddressValue.Port:
                text = BinaryPrimitives.ReadUInt16BigEndian(value).ToString(CultureInfo.InvariantCulture);
                return true;
            case AddressValue.Number:
                text = BinaryPrimitives.ReadUInt64BigEndian(value).ToString(CultureInfo.InvariantCulture);
                return true;
            case AddressValue.Peer when PeerId.TryFromBytes(value, out PeerId? peer):
                text = peer.ToString();
                return true;
            case AddressValue.Text when System.Text.Unicode.Utf8.IsValid(value):
                text = Encoding.UTF8.GetString(value);
                return IsPlainText(text);
            default:
                return false;
        }
    }

    private bool TryTakeValue(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> value)
    {
        value = default;
        int length = Kind switch
        {
            AddressValue.Ip4 => 4,
            AddressValue.Ip6 => 16,
            AddressValue.Port => sizeof(ushort),
            AddressValue.Number => sizeof(ulong),
            _ => 0,
        };
        if (Kind is AddressValue.Text or AddressValue.Peer)
        {
            if (Uvarint.TryRead(rest, out ulong prefix, out int consumed) != OperationStatus.Done || prefix is 0 or > MaxValueBytes)
            {
                return false;
            }

            rest = rest[consumed..];
            length = (int)prefix;
        }

        if (rest.Length < length)
        {
            return false;
        }

        value = rest[..length];
        rest = rest[length..];
        return true;
    }

    private static void WritePrefixed(ArrayBufferWriter<byte> destination, ReadOnlySpan<byte> value)
    {
        destination.Advance(Uvarint.Write(destination.GetSpan(Uvarint.MaxBytes), (ulong)value.Length));
        destination.Write(value);
    }

    // IPAddress.TryParse also takes brackets, ports and zones, which have no place here.
    private static bool IsPlainIp6(string text) => text.AsSpan().IndexOfAnyExcept(Ip6Characters) < 0;

    private static bool IsPlainText(string text) => !text.Any(c => c == '/' || char.IsControl(c) || char.IsWhiteSpace(c));
}
