using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Aria.Libp2p.Connections;

/// <summary>
/// How many connections each remote host holds: an IPv4 address, or an IPv6 network of 56 bits, since one host may have as many addresses. Loopback and private
/// networks are exempt unless told otherwise; addresses without an IP always are.
/// </summary>
internal sealed class AddressQuota(int maxPerHost, bool countsPrivate)
{
    private const int Ip6NetworkBytes = 7;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _held = [];

    /// <summary>Takes a place for a host and returns what gives it back; null where the host has as many as it may.</summary>
    public Action? TryTake(Multiaddress address)
    {
        if (!TryGetHost(address, countsPrivate, out IPAddress? host))
        {
            return static () => { };
        }

        lock (_gate)
        {
            int held = _held.GetValueOrDefault(host);
            if (held >= maxPerHost)
            {
                return null;
            }

            _held[host] = held + 1;
        }

        return () => GiveBack(host);
    }

    /// <summary>The host that an address counts for; false where it counts for none.</summary>
    public static bool TryGetHost(Multiaddress address, bool countsPrivate, [NotNullWhen(true)] out IPAddress? host)
    {
        host = address.TryGetIPAddress(out IPAddress? ip) && (countsPrivate || !IsPrivate(ip)) ? HostOf(ip) : null;
        return host is not null;
    }

    /// <summary>Loopback, link-local and the networks that are nobody's own on the Internet.</summary>
    public static bool IsPrivate(IPAddress ip)
    {
        if (IPAddress.IsLoopback(ip) || ip.IsIPv6LinkLocal || ip.IsIPv6UniqueLocal)
        {
            return true;
        }

        return ip.AddressFamily == AddressFamily.InterNetwork && ip.GetAddressBytes() is [10, ..] or [192, 168, ..] or [169, 254, ..] or [172, >= 16 and <= 31, ..] or [100, >= 64 and <= 127, ..];
    }

    private void GiveBack(IPAddress host)
    {
        lock (_gate)
        {
            if (--_held[host] == 0)
            {
                _held.Remove(host);
            }
        }
    }

    private static IPAddress HostOf(IPAddress ip)
    {
        if (ip.AddressFamily == AddressFamily.InterNetwork)
        {
            return ip;
        }

        byte[] bytes = ip.GetAddressBytes();
        bytes.AsSpan(Ip6NetworkBytes).Clear();
        return new(bytes);
    }
}
