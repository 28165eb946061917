using System.Collections.Immutable;
using System.Net;

namespace Aria.Libp2p.Encodings;

/// <summary>The kinds of records that are understood.</summary>
public enum DnsType
{
    /// <summary>An IPv4 address.</summary>
    A = 1,

    /// <summary>Another name of the same thing.</summary>
    Cname = 5,

    /// <summary>A pointer to another name.</summary>
    Ptr = 12,

    /// <summary>Texts.</summary>
    Txt = 16,

    /// <summary>An IPv6 address.</summary>
    Aaaa = 28,

    /// <summary>Asked for: every kind.</summary>
    Any = 255,
}

/// <summary>A question of a DNS message.</summary>
/// <param name="Name">The name, as <see cref="DnsRecord.Name"/> is written.</param>
/// <param name="Type">The wanted kind.</param>
/// <param name="WantsUnicast">In multicast DNS: the answer may come to the asker alone.</param>
public sealed record DnsQuestion(string Name, DnsType Type, bool WantsUnicast = false);

/// <summary>A record of a DNS message, of the Internet class.</summary>
public sealed class DnsRecord
{
    private readonly byte[] _data;

    internal DnsRecord(string name, DnsType type, uint secondsToLive, byte[] data, bool replacesOthers)
    {
        Name = name;
        Type = type;
        SecondsToLive = secondsToLive;
        ReplacesOthers = replacesOthers;
        _data = data;
    }

    /// <summary>The name that the record is of: labels joined by dots, without one at the end; compare it without regard to case.</summary>
    public string Name { get; }

    /// <summary>The kind.</summary>
    public DnsType Type { get; }

    /// <summary>How long it may be kept.</summary>
    public uint SecondsToLive { get; }

    /// <summary>In multicast DNS: what was told of the name before holds no more.</summary>
    public bool ReplacesOthers { get; }

    /// <summary>The data in wire form; the name in a pointer is not compressed.</summary>
    public ReadOnlySpan<byte> Data => _data;

    /// <summary>The name that a pointer or an alias leads to; null in other records.</summary>
    public string? Target
    {
        get
        {
            int at = 0;
            return Type is DnsType.Ptr or DnsType.Cname && DnsName.TryRead(_data, ref at, out string target) ? target : null;
        }
    }

    /// <summary>The address of an address record; null in others.</summary>
    public IPAddress? Address => (Type, _data.Length) is (DnsType.A, 4) or (DnsType.Aaaa, 16) ? new(_data) : null;

    /// <summary>The texts of a text record, as bytes, each at most 255; none in others.</summary>
    public ImmutableArray<byte[]> Texts
    {
        get
        {
            ImmutableArray<byte[]>.Builder texts = ImmutableArray.CreateBuilder<byte[]>();
            for (int at = 0; Type == DnsType.Txt && at < _data.Length && at + 1 + _data[at] <= _data.Length; at += 1 + _data[at])
            {
                texts.Add(_data[(at + 1)..(at + 1 + _data[at])]);
            }

            return texts.DrainToImmutable();
        }
    }

    /// <summary>A pointer from one name to another.</summary>
    public static DnsRecord Pointer(string name, string target, uint secondsToLive) =>
        new(name, DnsType.Ptr, secondsToLive, DnsName.TryEncode(target, out byte[] wire) ? wire : throw new FormatException($"'{target}' is no domain name."), replacesOthers: false);

    /// <summary>An alias.</summary>
    public static DnsRecord Alias(string name, string target, uint secondsToLive) =>
        new(name, DnsType.Cname, secondsToLive, DnsName.TryEncode(target, out byte[] wire) ? wire : throw new FormatException($"'{target}' is no domain name."), replacesOthers: false);

    /// <summary>An address.</summary>
    public static DnsRecord Of(string name, IPAddress address, uint secondsToLive)
    {
        ArgumentNullException.ThrowIfNull(address);
        byte[] data = address.GetAddressBytes();
        return new(name, data.Length == 4 ? DnsType.A : DnsType.Aaaa, secondsToLive, data, replacesOthers: false);
    }

    /// <summary>Texts of at most 255 bytes each.</summary>
    public static DnsRecord Text(string name, IEnumerable<byte[]> texts, uint secondsToLive, bool replacesOthers = false)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return new(name, DnsType.Txt, secondsToLive, [.. texts.SelectMany(text => (byte[])[checked((byte)text.Length), .. text])], replacesOthers);
    }
}
