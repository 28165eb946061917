using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Aria.Wire.Canonical;

/// <summary>
/// Reads the deterministic MessagePack subset of specs/wire.md §1 and refuses every other spelling. Each method answers whether the
/// next element is what was asked for and within the given bounds; after a refusal the reader's position means nothing.
/// </summary>
public ref struct CanonicalReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Whether all was read.</summary>
    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>What is still to be read.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>An array of exactly <paramref name="count"/> elements.</summary>
    public bool TryArray(int count) => TryArray(out int actual, count) && actual == count;

    /// <summary>An array of at most <paramref name="maxCount"/> elements.</summary>
    public bool TryArray(out int count, int maxCount)
    {
        count = 0;
        if (!TryByte(out byte code))
        {
            return false;
        }

        if ((code & 0xf0) == 0x90)
        {
            count = code & 0x0f;
        }
        else if (code == 0xdc && TryLength(2, out uint two) && two > 15)
        {
            count = (int)two;
        }
        else if (code == 0xdd && TryLength(4, out uint four) && four > ushort.MaxValue && four <= int.MaxValue)
        {
            count = (int)four;
        }
        else
        {
            return false;
        }

        return count <= maxCount;
    }

    /// <summary>A non-negative integer up to <paramref name="max"/>.</summary>
    public bool TryUInt(out ulong value, ulong max = ulong.MaxValue)
    {
        value = 0;
        if (!TryByte(out byte code))
        {
            return false;
        }

        if (code <= 0x7f)
        {
            value = code;
            return value <= max;
        }

        int width = code switch { 0xcc => 1, 0xcd => 2, 0xce => 4, 0xcf => 8, _ => 0 };
        if (width == 0 || _rest.Length < width)
        {
            return false;
        }

        for (int i = 0; i < width; i++)
        {
            value = (value << 8) | _rest[i];
        }

        _rest = _rest[width..];
        ulong smallest = width switch { 1 => 0x80, 2 => 0x100, 4 => 0x1_0000, _ => 0x1_0000_0000 };
        return value >= smallest && value <= max;
    }

    /// <summary>A non-negative integer up to <paramref name="max"/> that fits an <see cref="int"/>.</summary>
    public bool TryInt(out int value, int max = int.MaxValue)
    {
        bool ok = TryUInt(out ulong wide, (ulong)max);
        value = ok ? (int)wide : 0;
        return ok;
    }

    /// <summary>A 32-bit pattern.</summary>
    public bool TryUInt32(out uint value)
    {
        bool ok = TryUInt(out ulong wide, uint.MaxValue);
        value = ok ? (uint)wide : 0;
        return ok;
    }

    /// <summary>A non-negative integer that fits a <see cref="long"/>.</summary>
    public bool TryLong(out long value)
    {
        bool ok = TryUInt(out ulong wide, long.MaxValue);
        value = ok ? (long)wide : 0;
        return ok;
    }

    /// <summary>True or false.</summary>
    public bool TryBool(out bool value)
    {
        bool ok = TryByte(out byte code) && code is 0xc2 or 0xc3;
        value = ok && _last == 0xc3;
        return ok;
    }

    /// <summary>Whether the next element is nil; reads it if so.</summary>
    public bool TryNil()
    {
        if (_rest.IsEmpty || _rest[0] != 0xc0)
        {
            return false;
        }

        _rest = _rest[1..];
        return true;
    }

    /// <summary>NFC text of at most <paramref name="maxBytes"/> bytes of UTF-8.</summary>
    public bool TryText([NotNullWhen(true)] out string? value, int maxBytes)
    {
        value = null;
        if (!TryByte(out byte code))
        {
            return false;
        }

        uint length;
        if ((code & 0xe0) == 0xa0)
        {
            length = code & 0x1fu;
        }
        else if (!(code == 0xd9 && TryLength(1, out length) && length > 31)
            && !(code == 0xda && TryLength(2, out length) && length > byte.MaxValue)
            && !(code == 0xdb && TryLength(4, out length) && length > ushort.MaxValue))
        {
            return false;
        }

        if (length > maxBytes || length > _rest.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> utf8 = _rest[..(int)length];
        _rest = _rest[(int)length..];
        // U+FFFE, a byte order mark read backwards: the platform's normalization throws at it.
        if (!System.Text.Unicode.Utf8.IsValid(utf8) || utf8.IndexOf("\uFFFE"u8) >= 0)
        {
            return false;
        }

        string text = Encoding.UTF8.GetString(utf8);
        if (!text.IsNormalized(NormalizationForm.FormC))
        {
            return false;
        }

        value = text;
        return true;
    }

    /// <summary>Between <paramref name="minBytes"/> and <paramref name="maxBytes"/> bytes; the span points into the input.</summary>
    public bool TryBytes(out ReadOnlySpan<byte> value, int minBytes, int maxBytes)
    {
        value = default;
        if (!TryByte(out byte code))
        {
            return false;
        }

        if (!(code == 0xc4 && TryLength(1, out uint length))
            && !(code == 0xc5 && TryLength(2, out length) && length > byte.MaxValue)
            && !(code == 0xc6 && TryLength(4, out length) && length > ushort.MaxValue))
        {
            return false;
        }

        if (length < minBytes || length > maxBytes || length > _rest.Length)
        {
            return false;
        }

        value = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return true;
    }

    /// <summary>Exactly 32 bytes.</summary>
    public bool TryDigest(out Digest value)
    {
        bool ok = TryBytes(out ReadOnlySpan<byte> bytes, Digest.Size, Digest.Size);
        value = ok ? new(bytes) : default;
        return ok;
    }

    private byte _last;

    private bool TryByte(out byte code)
    {
        if (_rest.IsEmpty)
        {
            code = 0;
            return false;
        }

        code = _last = _rest[0];
        _rest = _rest[1..];
        return true;
    }

    private bool TryLength(int width, out uint length)
    {
        length = 0;
        if (_rest.Length < width)
        {
            return false;
        }

        length = width switch
        {
            1 => _rest[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(_rest),
            _ => BinaryPrimitives.ReadUInt32BigEndian(_rest),
        };
        _rest = _rest[width..];
        return true;
    }
}
