using System.Net;
using System.Net.Sockets;

namespace Aria.Libp2p.Transports;

/// <summary>
/// Turns addresses that begin with a name into addresses that do not: <c>/dns4</c>, <c>/dns6</c> and <c>/dns</c> by their address records, <c>/dnsaddr</c> by the text records
/// <c>dnsaddr=…</c> of <c>_dnsaddr.NAME</c>, again and again within its bounds. Relayed addresses are their relay's to resolve.
/// </summary>
public sealed class AddressResolution(INameResolver names)
{
    /// <summary>How many <c>/dnsaddr</c> may lead to one another.</summary>
    public const int MaxDepth = 4;

    /// <summary>Names that are looked up for one address.</summary>
    public const int MaxLookups = 16;

    /// <summary>Addresses that one address may become.</summary>
    public const int MaxAddresses = 32;

    private const string TextPrefix = "dnsaddr=";

    /// <summary>True where the address begins with a name.</summary>
    public static bool IsNamed(Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.Parts[0].Protocol is "dns" or "dns4" or "dns6" or "dnsaddr" && !address.IsRelayed;
    }

    /// <summary>
    /// What the address leads to, itself where it begins with no name. An address behind <c>/dnsaddr</c> counts only where it ends as that address does, so that one that names a peer
    /// leads to that peer alone. Throws <see cref="NameNotResolvedException"/> where nothing was found and a lookup failed.
    /// </summary>
    public async Task<IReadOnlyList<Multiaddress>> ResolveAsync(Multiaddress address, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!IsNamed(address))
        {
            return [address];
        }

        List<Multiaddress> found = [];
        NameNotResolvedException? failure = null;
        Queue<(Multiaddress Address, int Depth)> due = new([(address, 0)]);
        for (int lookups = 0; due.TryDequeue(out (Multiaddress Address, int Depth) next) && lookups < MaxLookups && found.Count < MaxAddresses; lookups++)
        {
            try
            {
                foreach (Multiaddress one in await StepAsync(next.Address, cancellationToken).ConfigureAwait(false))
                {
                    if (!IsNamed(one))
                    {
                        found.Add(one);
                    }
                    else if (next.Depth + 1 < MaxDepth && due.Count < MaxLookups)
                    {
                        due.Enqueue((one, next.Depth + 1));
                    }
                }
            }
            catch (NameNotResolvedException exception)
            {
                failure = exception;
            }
        }

        return found.Count > 0 || failure is null ? [.. found.Distinct().Take(MaxAddresses)] : throw failure;
    }

    private async Task<IEnumerable<Multiaddress>> StepAsync(Multiaddress address, CancellationToken cancellationToken)
    {
        MultiaddressPart first = address.Parts[0];
        string rest = string.Concat(address.Parts.Skip(1));
        if (first.Protocol == "dnsaddr")
        {
            IReadOnlyList<string> texts = await names.TextsAsync($"_dnsaddr.{first.Value}", cancellationToken).ConfigureAwait(false);
            return texts.Where(text => text.StartsWith(TextPrefix, StringComparison.Ordinal))
                .Select(text => Multiaddress.TryParse(text[TextPrefix.Length..], out Multiaddress? one) ? one : null).OfType<Multiaddress>()
                .Where(one => one.ToString().EndsWith(rest, StringComparison.Ordinal));
        }

        AddressFamily family = first.Protocol switch
        {
            "dns4" => AddressFamily.InterNetwork,
            "dns6" => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };
        IReadOnlyList<IPAddress> addresses = await names.AddressesAsync(first.Value, family, cancellationToken).ConfigureAwait(false);
        return addresses.Where(ip => family == AddressFamily.Unspecified || ip.AddressFamily == family)
            .Select(ip => Multiaddress.Parse(ip.AddressFamily == AddressFamily.InterNetwork ? $"/ip4/{ip}{rest}" : $"/ip6/{new IPAddress(ip.GetAddressBytes())}{rest}"));
    }
}
