using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Aria.Libp2p.Encodings;

/// <summary>How the value of an address's component is spelt in text and in bytes; what is the same in both is written once.</summary>
internal abstract class AddressValue
{
    /// <summary>The length of every value in bytes; null where values differ and stand behind their length.</summary>
    public virtual int? FixedBytes => null;

    /// <summary>True where the value in text goes on to the end of the address, its slashes included.</summary>
    public virtual bool TakesRest => false;

    /// <summary>The bytes of a value in text; null where it is none.</summary>
    public abstract byte[]? Encode(string text);

    /// <summary>The usual text of a value in bytes, which are <see cref="FixedBytes"/> or at least one; null where they are none.</summary>
    public abstract string? Print(ReadOnlySpan<byte> bytes);
}

/// <summary>No value: the protocol's name says all.</summary>
internal sealed class NoAddressValue : AddressValue
{
    public override int? FixedBytes => 0;

    public override byte[]? Encode(string text) => text.Length == 0 ? [] : null;

    public override string Print(ReadOnlySpan<byte> bytes) => "";
}

/// <summary>An IP address of one family.</summary>
internal sealed class IPAddressValue(AddressFamily family) : AddressValue
{
    private static readonly SearchValues<char> Ip6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    public override int? FixedBytes => family == AddressFamily.InterNetwork ? 4 : 16;

    // IPAddress.TryParse also takes brackets, ports and zones, and IPv4 in other bases: they have no place here.
    public override byte[]? Encode(string text) =>
        text.AsSpan().IndexOfAnyExcept(Ip6Characters) < 0 && IPAddress.TryParse(text, out IPAddress? ip) && ip.AddressFamily == family
            && (family == AddressFamily.InterNetworkV6 || ip.ToString() == text) ? ip.GetAddressBytes() : null;

    public override string Print(ReadOnlySpan<byte> bytes) => new IPAddress(bytes).ToString();
}

/// <summary>A number of one, two or eight bytes, big-endian.</summary>
internal sealed class NumberAddressValue(int bytes) : AddressValue
{
    public override int? FixedBytes => bytes;

    public override byte[]? Encode(string text)
    {
        if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) || (bytes < sizeof(ulong) && number >> (8 * bytes) != 0))
        {
            return null;
        }

        byte[] whole = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(whole, number);
        return whole[(sizeof(ulong) - bytes)..];
    }

    public override string Print(ReadOnlySpan<byte> bytes)
    {
        ulong number = 0;
        foreach (byte octet in bytes)
        {
            number = number << 8 | octet;
        }

        return number.ToString(CultureInfo.InvariantCulture);
    }
}
