using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;

namespace Aria.Libp2p.KadDht.Routing;

/// <summary>
/// Addresses that one owner is likely to hold together: an IPv4 /16 or an IPv6 /32. Identities are free, addresses are not, so a table
/// and a lookup take only a few peers of one group (specs/dht.md §7).
/// </summary>
internal readonly record struct IpGroup(bool IsV6, uint Prefix)
{
    private static ReadOnlySpan<byte> V4InV6 => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

    /// <summary>The groups of a peer's addresses, each once. Loopback and private addresses give none unless <paramref name="groupPrivate"/>; names give none.</summary>
    public static ImmutableArray<IpGroup> Of(IReadOnlyList<Multiaddress> addresses, bool groupPrivate)
    {
        ImmutableArray<IpGroup> groups = [];
        for (int i = 0; i < addresses.Count; i++)
        {
            ReadOnlySpan<byte> ip = IpOf(addresses[i]);
            if (!ip.IsEmpty && (groupPrivate || !IsPrivate(ip)))
            {
                IpGroup group = ip.Length == 4 ? new(false, BinaryPrimitives.ReadUInt16BigEndian(ip)) : new(true, BinaryPrimitives.ReadUInt32BigEndian(ip));
                groups = groups.Contains(group) ? groups : groups.Add(group);
            }
        }

        return groups;
    }

    // The bytes of the IP address that a multiaddress begins with, IPv4 where it is mapped into IPv6; none for anything else.
    private static ReadOnlySpan<byte> IpOf(Multiaddress address)
    {
        const byte Ip4 = 4, Ip6 = 41, Ip6Zone = 42;
        ReadOnlySpan<byte> ip = address.Bytes switch
        {
            [Ip4, .. var rest] => rest[..4],
            [Ip6, .. var rest] => rest[..16],
            [Ip6Zone, ..] when address.TryGetIPAddress(out IPAddress? zoned) => zoned.GetAddressBytes(),
            _ => default,
        };
        return ip.Length == 16 && ip.StartsWith(V4InV6) ? ip[12..] : ip;
    }

    // Loopback, link-local, or of a range that is not routed between networks.
    private static bool IsPrivate(ReadOnlySpan<byte> ip) => ip.Length == 4
        ? ip is [0, ..] or [10, ..] or [127, ..] or [192, 168, ..] or [169, 254, ..] or [172, >= 16 and < 32, ..] or [100, >= 64 and < 128, ..]
        : ip[0] is 0xfc or 0xfd || (ip[0] == 0xfe && ip[1] >= 0x80) || (!ip[..15].ContainsAnyExcept((byte)0) && ip[15] <= 1);
}
