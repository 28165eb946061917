using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p;

/// <summary>
/// A self-describing network address, such as <c>/ip4/127.0.0.1/tcp/4001/p2p/12D3KooW…</c>, in text and in bytes (multiaddr).
/// Immutable; two spellings of one address are equal. A component of an unknown protocol makes the whole address unreadable.
/// </summary>
public sealed class Multiaddress : IEquatable<Multiaddress>
{
    /// <summary>The longest address in bytes.</summary>
    public const int MaxBytes = 1024;

    /// <summary>The most components an address may have.</summary>
    public const int MaxParts = 16;

    private readonly byte[] _bytes;

    private Multiaddress(byte[] bytes, ImmutableArray<MultiaddressPart> parts)
    {
        _bytes = bytes;
        Parts = parts;
    }

    /// <summary>The binary form.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The components in order.</summary>
    public ImmutableArray<MultiaddressPart> Parts { get; }

    /// <summary>The peer that the address ends in, or null where it ends otherwise.</summary>
    public PeerId? Peer => Parts[^1] is { Protocol: "p2p", Value: var text } ? PeerId.Parse(text) : null;

    /// <summary>True where the address goes through a relay.</summary>
    public bool IsRelayed => Parts.Any(part => part.Protocol == "p2p-circuit");

    /// <summary>Reads an address from text; throws <see cref="FormatException"/> where it is none.</summary>
    public static Multiaddress Parse(string text) =>
        TryParse(text, out Multiaddress? address) ? address : throw new FormatException($"'{text}' is no multiaddress.");

    /// <summary>Reads an address from text.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Multiaddress? address)
    {
        address = null;
        const int MaxTextChars = 4 * MaxBytes;
        if (text is null || text.Length is < 2 or > MaxTextChars || text[0] != '/')
        {
            return false;
        }

        string[] words = text[1..].TrimEnd('/').Split('/');
        ArrayBufferWriter<byte> bytes = new();
        for (int i = 0; i < words.Length;)
        {
            if (!MultiaddressProtocol.TryFind(words[i++], out MultiaddressProtocol? protocol))
            {
                return false;
            }

            if (protocol.IsValued && i == words.Length)
            {
                return false;
            }

            int last = !protocol.IsValued ? i : protocol.Value.TakesRest ? words.Length : i + 1;
            string value = string.Join('/', words[i..last]);
            i = last;
            bytes.Advance(Uvarint.Write(bytes.GetSpan(Uvarint.MaxBytes), protocol.Code));
            if (!protocol.TryEncode(value, bytes))
            {
                return false;
            }
        }

        return TryParse(bytes.WrittenSpan, out address);
    }

    /// <summary>Reads an address from its binary form; every byte must belong to it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Multiaddress? address)
    {
        address = null;
        if (bytes.Length is 0 or > MaxBytes)
        {
            return false;
        }

        ImmutableArray<MultiaddressPart>.Builder parts = ImmutableArray.CreateBuilder<MultiaddressPart>();
        for (ReadOnlySpan<byte> rest = bytes; !rest.IsEmpty;)
        {
            if (parts.Count == MaxParts
                || Uvarint.TryRead(rest, out ulong code, out int consumed) != OperationStatus.Done
                || !MultiaddressProtocol.TryFind(code, out MultiaddressProtocol? protocol))
            {
                return false;
            }

            rest = rest[consumed..];
            if (!protocol.TryDecode(ref rest, out string value))
            {
                return false;
            }

            parts.Add(new(protocol.Name, value));
        }

        address = new(bytes.ToArray(), parts.DrainToImmutable());
        return true;
    }

    /// <summary>The TCP address of an IP endpoint.</summary>
    public static Multiaddress FromEndPoint(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        IPAddress ip = endPoint.Address.IsIPv4MappedToIPv6 ? endPoint.Address.MapToIPv4() : endPoint.Address;
        string family = ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? "ip4" : "ip6";
        string plain = new IPAddress(ip.GetAddressBytes()).ToString(); // without an IPv6 zone
        return Parse(string.Create(CultureInfo.InvariantCulture, $"/{family}/{plain}/tcp/{endPoint.Port}"));
    }

    /// <summary>The IP address of the first component, of an IPv4 address mapped into IPv6 that IPv4 address, for there the system dials it; false where it is a name or something else.</summary>
    public bool TryGetIPAddress([NotNullWhen(true)] out IPAddress? address)
    {
        int at = Parts[0].Protocol == "ip6zone" && Parts.Length > 1 ? 1 : 0;
        IPAddress? told = Parts[at].Protocol is "ip4" or "ip6" ? IPAddress.Parse(Parts[at].Value) : null;
        address = told is { IsIPv4MappedToIPv6: true } ? told.MapToIPv4() : told;
        return address is not null;
    }

    /// <summary>This address ending in <paramref name="peer"/>, in place of the peer it ended in before, if any.</summary>
    public Multiaddress WithPeer(PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        string front = string.Concat((Parts[^1].Protocol == "p2p" ? Parts.RemoveAt(Parts.Length - 1) : Parts).Select(part => part.ToString()));
        return Parse($"{front}/p2p/{peer}");
    }

    /// <summary>This address without the peer it ends in; itself where it ends in none. An address that is only a peer stays as it is.</summary>
    public Multiaddress WithoutPeer() => Parts.Length > 1 && Parts[^1].Protocol == "p2p"
        ? Parse(string.Concat(Parts.RemoveAt(Parts.Length - 1).Select(part => part.ToString())))
        : this;

    /// <inheritdoc/>
    public override string ToString() => string.Concat(Parts.Select(part => part.ToString()));

    /// <inheritdoc/>
    public bool Equals(Multiaddress? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Multiaddress);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }
}
