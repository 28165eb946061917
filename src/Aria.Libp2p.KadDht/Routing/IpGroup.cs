using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Aria.Libp2p.KadDht.Routing;

/// <summary>
/// Addresses that one owner is likely to hold together: an IPv4 /16 or an IPv6 /32. Identities are free, addresses are not, so a table
/// and a lookup take only a few peers of one group (specs/dht.md §7).
/// </summary>
internal readonly record struct IpGroup(bool IsV6, uint Prefix)
{
    /// <summary>The groups of a peer's addresses, each once. Loopback and private addresses give none unless <paramref name="groupPrivate"/>; names give none.</summary>
    public static ImmutableArray<IpGroup> Of(IEnumerable<Multiaddress> addresses, bool groupPrivate)
    {
        HashSet<IpGroup> groups = [];
        foreach (Multiaddress address in addresses)
        {
            if (address.TryGetIPAddress(out IPAddress? ip))
            {
                ip = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
                if (groupPrivate || !IsPrivate(ip))
                {
                    groups.Add(Of(ip));
                }
            }
        }

        return [.. groups];
    }

    /// <summary>Whether an address is loopback, link-local, or of a range that is not routed between networks.</summary>
    public static bool IsPrivate(IPAddress ip)
    {
        if (IPAddress.IsLoopback(ip))
        {
            return true;
        }

        if (ip.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return ip.IsIPv6LinkLocal || ip.IsIPv6UniqueLocal || ip.IsIPv6SiteLocal || ip.Equals(IPAddress.IPv6Any);
        }

        Span<byte> b = stackalloc byte[4];
        ip.TryWriteBytes(b, out _);
        return b is [10, ..] or [0, ..] or [127, ..] or [192, 168, ..] or [169, 254, ..]
            || (b[0] == 172 && b[1] is >= 16 and < 32)
            || (b[0] == 100 && b[1] is >= 64 and < 128);
    }

    private static IpGroup Of(IPAddress ip)
    {
        Span<byte> bytes = stackalloc byte[16];
        ip.TryWriteBytes(bytes, out int length);
        return length == 4
            ? new(false, BinaryPrimitives.ReadUInt16BigEndian(bytes))
            : new(true, BinaryPrimitives.ReadUInt32BigEndian(bytes));
    }
}
