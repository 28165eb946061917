using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace Aria.Libp2p.Encodings;

/// <summary>A row of the multiaddr protocol table: code, name and how the value is spelt in text and in bytes.</summary>
internal sealed class MultiaddressProtocol
{
    private static readonly AddressValue None = new NoAddressValue();
    private static readonly AddressValue Port = new NumberAddressValue(sizeof(ushort));
    private static readonly AddressValue Text = new TextAddressValue();

    private static readonly MultiaddressProtocol[] Table =
    [
        new(4, "ip4", new IPAddressValue(AddressFamily.InterNetwork)),
        new(6, "tcp", Port),
        new(33, "dccp", Port),
        new(41, "ip6", new IPAddressValue(AddressFamily.InterNetworkV6)),
        new(42, "ip6zone", Text),
        new(43, "ipcidr", new NumberAddressValue(1)),
        new(53, "dns", Text),
        new(54, "dns4", Text),
        new(55, "dns6", Text),
        new(56, "dnsaddr", Text),
        new(132, "sctp", Port),
        new(273, "udp", Port),
        new(276, "p2p-webrtc-direct", None),
        new(280, "webrtc-direct", None),
        new(281, "webrtc", None),
        new(290, "p2p-circuit", None),
        new(301, "udt", None),
        new(302, "utp", None),
        new(400, "unix", new PathAddressValue()),
        new(421, "p2p", new PeerAddressValue()),
        new(443, "https", None),
        new(444, "onion", new OnionAddressValue(10)),
        new(445, "onion3", new OnionAddressValue(35)),
        new(446, "garlic64", new GarlicAddressValue()),
        new(447, "garlic32", new GarlicHashAddressValue()),
        new(448, "tls", None),
        new(449, "sni", Text),
        new(454, "noise", None),
        new(460, "quic", None),
        new(461, "quic-v1", None),
        new(465, "webtransport", None),
        new(466, "certhash", new CertificateHashAddressValue()),
        new(477, "ws", None),
        new(478, "wss", None),
        new(480, "http", None),
        new(481, "http-path", new UrlPathAddressValue()),
        new(777, "memory", new NumberAddressValue(sizeof(ulong))),
        new(7_367_777, "plaintextv2", None),
    ];

    private static readonly Dictionary<string, MultiaddressProtocol> ByName = new(
        [.. Table.Select(row => KeyValuePair.Create(row.Name, row)), KeyValuePair.Create("ipfs", Table.First(row => row.Name == "p2p"))],
        StringComparer.Ordinal);

    private static readonly Dictionary<ulong, MultiaddressProtocol> ByCode = Table.ToDictionary(row => row.Code);

    private MultiaddressProtocol(ulong code, string name, AddressValue value)
    {
        Code = code;
        Name = name;
        Value = value;
    }

    public ulong Code { get; }

    public string Name { get; }

    public AddressValue Value { get; }

    /// <summary>True where a value follows the name.</summary>
    public bool IsValued => Value.FixedBytes != 0;

    /// <summary>Finds a protocol by name; <c>ipfs</c> is the old name of <c>p2p</c>.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out MultiaddressProtocol? protocol) => ByName.TryGetValue(name, out protocol);

    public static bool TryFind(ulong code, [NotNullWhen(true)] out MultiaddressProtocol? protocol) => ByCode.TryGetValue(code, out protocol);

    /// <summary>Encodes a value given as text, with its length prefix where the protocol has one.</summary>
    public bool TryEncode(string text, ArrayBufferWriter<byte> destination)
    {
        if (Value.Encode(text) is not { } bytes)
        {
            return false;
        }

        if (Value.FixedBytes is null)
        {
            destination.Advance(Uvarint.Write(destination.GetSpan(Uvarint.MaxBytes), (ulong)bytes.Length));
        }

        destination.Write(bytes);
        return true;
    }

    /// <summary>Decodes the value at the front of <paramref name="rest"/> to text and moves past it.</summary>
    public bool TryDecode(ref ReadOnlySpan<byte> rest, out string text)
    {
        text = "";
        int length = Value.FixedBytes ?? 0;
        if (Value.FixedBytes is null)
        {
            if (Uvarint.TryRead(rest, out ulong prefix, out int consumed) != OperationStatus.Done || prefix is 0 or > Multiaddress.MaxBytes)
            {
                return false;
            }

            rest = rest[consumed..];
            length = (int)prefix;
        }

        if (rest.Length < length || Value.Print(rest[..length]) is not { } printed)
        {
            return false;
        }

        text = printed;
        rest = rest[length..];
        return rest.IsEmpty || !Value.TakesRest;
    }
}
