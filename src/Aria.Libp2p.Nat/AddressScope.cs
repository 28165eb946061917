using System.Net;
using System.Net.Sockets;

namespace Aria.Libp2p.Nat;

/// <summary>Whose an IP address is: this machine's or network's own, or somebody's on the Internet.</summary>
internal static class AddressScope
{
    private const int Ip6HostBytes = 7;

    /// <summary>True for an address with an IP that strangers can reach; names, relayed addresses and other transports are not.</summary>
    public static bool IsPublic(Multiaddress address) => !address.IsRelayed && address.TryGetIPAddress(out IPAddress? ip) && !IsPrivate(ip);

    /// <summary>True for loopback, link-local, unspecified, multicast and the networks that are nobody's own on the Internet.</summary>
    public static bool IsPrivate(IPAddress ip)
    {
        ip = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
        byte[] bytes = ip.GetAddressBytes();
        return ip.AddressFamily == AddressFamily.InterNetwork
            ? bytes is [0 or 10 or 127 or >= 224, ..] or [192, 168, ..] or [169, 254, ..] or [172, >= 16 and <= 31, ..] or [100, >= 64 and <= 127, ..]
            : bytes[0] is < 0x20 or >= 0x40;       // only 2000::/3 is given to anybody
    }

    /// <summary>One name for all addresses of one host: the IPv4 address, or the IPv6 network of 56 bits; null for addresses without an IP, and for private ones where those do not count.</summary>
    public static string? HostOf(Multiaddress? address, bool countsPrivate)
    {
        if (address is null || !address.TryGetIPAddress(out IPAddress? ip) || (!countsPrivate && IsPrivate(ip)))
        {
            return null;
        }

        byte[] bytes = ip.GetAddressBytes();
        return Convert.ToHexString(bytes.AsSpan(0, bytes.Length == 4 ? 4 : Ip6HostBytes));
    }
}
