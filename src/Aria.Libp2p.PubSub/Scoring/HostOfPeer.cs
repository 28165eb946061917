using System.Net;
using System.Net.Sockets;

namespace Aria.Libp2p.PubSub.Scoring;

/// <summary>
/// What counts as one host for P6: an IPv4 address, or an IPv6 network of 56 bits, since one host may have as many addresses. Loopback and private networks are
/// exempt unless told otherwise; addresses without an IP always are.
/// </summary>
internal static class HostOfPeer
{
    private const int Ip6NetworkBytes = 7;

    public static string? Of(Multiaddress? address, bool countsPrivate)
    {
        if (address is null || !address.TryGetIPAddress(out IPAddress? found))
        {
            return null;
        }

        IPAddress ip = found.IsIPv4MappedToIPv6 ? found.MapToIPv4() : found;
        if (!countsPrivate && IsPrivate(ip))
        {
            return null;
        }

        if (ip.AddressFamily == AddressFamily.InterNetwork)
        {
            return ip.ToString();
        }

        byte[] bytes = ip.GetAddressBytes();
        bytes.AsSpan(Ip6NetworkBytes).Clear();
        return new IPAddress(bytes).ToString();
    }

    private static bool IsPrivate(IPAddress ip) =>
        IPAddress.IsLoopback(ip) || ip.IsIPv6LinkLocal || ip.IsIPv6UniqueLocal
        || (ip.AddressFamily == AddressFamily.InterNetwork
            && ip.GetAddressBytes() is [10, ..] or [192, 168, ..] or [169, 254, ..] or [172, >= 16 and <= 31, ..] or [100, >= 64 and <= 127, ..]);
}
