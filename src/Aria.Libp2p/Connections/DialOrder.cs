using System.Net;
using System.Net.Sockets;

namespace Aria.Libp2p.Connections;

/// <summary>
/// In which order a peer's addresses are dialed, and how long each has before the next one joins: direct ones before relayed ones, IPv6 and other ones in turn, so that a family
/// that leads nowhere holds nothing up (RFC 8305); near ones answer soon or not at all.
/// </summary>
internal static class DialOrder
{
    /// <summary>What an address of the Internet has before the next one joins.</summary>
    public static readonly TimeSpan FarHeadStart = TimeSpan.FromMilliseconds(250);

    /// <summary>What a loopback or private address has.</summary>
    public static readonly TimeSpan NearHeadStart = TimeSpan.FromMilliseconds(30);

    public static Multiaddress[] Of(IEnumerable<Multiaddress> addresses)
    {
        Multiaddress[] all = [.. addresses];
        return [.. InTurn([.. all.Where(address => !address.IsRelayed)]), .. all.Where(address => address.IsRelayed)];
    }

    public static TimeSpan HeadStartOf(Multiaddress address) =>
        address.TryGetIPAddress(out IPAddress? ip) && AddressQuota.IsPrivate(ip) ? NearHeadStart : FarHeadStart;

    // The family of the first address begins.
    private static IEnumerable<Multiaddress> InTurn(Multiaddress[] addresses)
    {
        if (addresses.Length == 0)
        {
            return [];
        }

        bool first = IsIp6(addresses[0]);
        Multiaddress[] same = [.. addresses.Where(address => IsIp6(address) == first)], other = [.. addresses.Where(address => IsIp6(address) != first)];
        int paired = Math.Min(same.Length, other.Length);
        return [.. same.Zip(other).SelectMany(pair => new[] { pair.First, pair.Second }), .. same.Skip(paired), .. other.Skip(paired)];
    }

    private static bool IsIp6(Multiaddress address) => address.TryGetIPAddress(out IPAddress? ip) && ip.AddressFamily == AddressFamily.InterNetworkV6;
}
