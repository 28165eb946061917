using Aria.Wire.Canonical;
using CsCheck;

namespace Aria.Wire.Tests.Canonical;

public sealed class CanonicalTests
{
    [Theory]
    [InlineData(0UL, "00")]
    [InlineData(127UL, "7f")]
    [InlineData(128UL, "cc80")]
    [InlineData(255UL, "ccff")]
    [InlineData(256UL, "cd0100")]
    [InlineData(65536UL, "ce00010000")]
    [InlineData(4294967296UL, "cf0000000100000000")]
    public void Integer_HasOneSpelling(ulong value, string hex)
    {
        Assert.Equal(hex, Convert.ToHexStringLower(new CanonicalWriter().UInt(value).ToArray()));
        CanonicalReader reader = new(Convert.FromHexString(hex));
        Assert.True(reader.TryUInt(out ulong read) && reader.AtEnd);
        Assert.Equal(value, read);
    }

    [Theory]
    [InlineData("cc7f")]                    // 127 in two bytes
    [InlineData("cd00ff")]
    [InlineData("ce0000ffff")]
    [InlineData("cf00000000ffffffff")]
    [InlineData("ff")]                      // -1
    [InlineData("d001")]                    // int8
    [InlineData("ca3f800000")]              // float
    [InlineData("cc")]                      // cut
    public void OtherIntegerSpellings_AreRefused(string hex) =>
        Assert.False(new CanonicalReader(Convert.FromHexString(hex)).TryUInt(out _));

    [Theory]
    [InlineData("d90161")]                  // "a" with a one-byte length
    [InlineData("a2c328")]                  // not UTF-8
    [InlineData("a3e280")]                  // cut
    [InlineData("a365cc81")]                // e + combining acute: not NFC
    [InlineData("c40161")]                  // bin
    public void OtherTextSpellings_AreRefused(string hex) =>
        Assert.False(new CanonicalReader(Convert.FromHexString(hex)).TryText(out _, 100));

    [Theory]
    [InlineData("c5000161")]                // bin16 for one byte
    [InlineData("c60000000161")]
    [InlineData("a161")]                    // text
    [InlineData("c40261")]                  // cut
    public void OtherByteSpellings_AreRefused(string hex) =>
        Assert.False(new CanonicalReader(Convert.FromHexString(hex)).TryBytes(out _, 0, 100));

    [Theory]
    [InlineData("dc000101")]                // array16 of one
    [InlineData("8101")]                    // map
    [InlineData("92")]                      // announces two, asked for one
    public void OtherArraySpellings_AreRefused(string hex) =>
        Assert.False(new CanonicalReader(Convert.FromHexString(hex)).TryArray(1));

    [Fact]
    public void Bounds_AreChecked()
    {
        byte[] bytes = new CanonicalWriter().Bytes(new byte[10]).ToArray();
        Assert.False(new CanonicalReader(bytes).TryBytes(out _, 11, 20));
        Assert.False(new CanonicalReader(bytes).TryBytes(out _, 0, 9));
        Assert.True(new CanonicalReader(bytes).TryBytes(out _, 10, 10));
        Assert.False(new CanonicalReader(new CanonicalWriter().UInt(11).ToArray()).TryInt(out _, 10));
    }

    [Fact]
    public void Text_IsNormalised()
    {
        CanonicalReader reader = new(new CanonicalWriter().Text("e\u0301").ToArray());
        Assert.True(reader.TryText(out string? text, 10));
        Assert.Equal("\u00e9", text);
    }

    [Fact]
    public void Elements_RoundTrip() =>
        Gen.Select(Gen.ULong, Gen.Bool, Gen.Byte.Array[0, 300], Gen.Char.AlphaNumeric.Array[0, 300]).Sample((number, flag, bytes, characters) =>
        {
            string text = new(characters);
            byte[] encoded = new CanonicalWriter().Array(5).UInt(number).Bool(flag).Nil().Bytes(bytes).Text(text).ToArray();
            CanonicalReader reader = new(encoded);
            bool read = reader.TryArray(5) & reader.TryUInt(out ulong number2) & reader.TryBool(out bool flag2) & reader.TryNil()
                & reader.TryBytes(out ReadOnlySpan<byte> bytes2, 0, 300) & reader.TryText(out string? text2, 300) & reader.AtEnd;
            return read && number == number2 && flag == flag2 && bytes2.SequenceEqual(bytes) && text == text2;
        });

    [Fact]
    public void WhatIsAccepted_IsTheOnlySpelling() =>
        Gen.Byte.Array[1, 12].Sample(bytes =>
        {
            CanonicalReader reader = new(bytes);
            if (reader.TryUInt(out ulong number) && reader.AtEnd)
            {
                return new CanonicalWriter().UInt(number).ToArray().AsSpan().SequenceEqual(bytes);
            }

            reader = new(bytes);
            if (reader.TryBytes(out ReadOnlySpan<byte> data, 0, 100) && reader.AtEnd)
            {
                return new CanonicalWriter().Bytes(data).ToArray().AsSpan().SequenceEqual(bytes);
            }

            reader = new(bytes);
            return !(reader.TryText(out string? text, 100) && reader.AtEnd)
                || new CanonicalWriter().Text(text).ToArray().AsSpan().SequenceEqual(bytes);
        }, iter: 20_000);

    [Fact]
    public void MutatedTrees_AreRefusedOrAreTheirOwnOnlySpelling() =>
        Gen.Select(Trees(3), Gen.Int[0, int.MaxValue], Gen.Byte).Sample((tree, at, value) =>
        {
            byte[] bytes = Write(new CanonicalWriter(), tree).ToArray();
            CanonicalWriter again = new();
            CanonicalReader reader = new(bytes);
            Assert.True(Copy(ref reader, again) && reader.AtEnd);
            Assert.Equal(bytes, again.ToArray());

            bytes[at % bytes.Length] = value;
            again = new();
            reader = new(bytes);
            return !(Copy(ref reader, again) && reader.AtEnd) || again.ToArray().AsSpan().SequenceEqual(bytes);
        }, iter: 20_000);

    [Fact]
    public void CutTrees_AreRefused() =>
        Gen.Select(Trees(3), Gen.Int[0, int.MaxValue]).Sample((tree, at) =>
        {
            byte[] bytes = Write(new CanonicalWriter(), tree).ToArray();
            CanonicalReader reader = new(bytes.AsSpan(0, at % bytes.Length));
            return !Copy(ref reader, new());
        }, iter: 5_000);

    // A tree is DBNull (nil), bool, ulong, string, byte[] or object[] of trees.
    private static Gen<object> Trees(int depth)
    {
        Gen<object> leaf = Gen.OneOf<object>(
            Gen.Const<object>(DBNull.Value), Gen.Bool.Select(b => (object)b), Gen.ULong.Select(u => (object)u), Gen.ULong[0, 300].Select(u => (object)u),
            Gen.Byte.Array[0, 300].Select(b => (object)b), Gen.Char[' ', '\u017f'].Array[0, 40].Select(c => (object)new string(c).Normalize()));
        return depth == 0 ? leaf : Gen.OneOf(leaf, Trees(depth - 1).Array[0, 20].Select(a => (object)a));
    }

    private static CanonicalWriter Write(CanonicalWriter writer, object tree)
    {
        switch (tree)
        {
            case DBNull: return writer.Nil();
            case bool flag: return writer.Bool(flag);
            case ulong number: return writer.UInt(number);
            case string text: return writer.Text(text);
            case byte[] bytes: return writer.Bytes(bytes);
            default:
                object[] items = (object[])tree;
                writer.Array(items.Length);
                foreach (object item in items)
                {
                    Write(writer, item);
                }

                return writer;
        }
    }

    // Reads whatever element comes and writes it again; arrays are never nested deeper than the bytes are long.
    private static bool Copy(ref CanonicalReader reader, CanonicalWriter writer)
    {
        if (reader.AtEnd)
        {
            return false;
        }

        switch (reader.Rest[0])
        {
            case 0xc0: reader.TryNil(); writer.Nil(); return true;
            case 0xc2 or 0xc3: reader.TryBool(out bool flag); writer.Bool(flag); return true;
            case <= 0x7f or (>= 0xcc and <= 0xcf):
                if (!reader.TryUInt(out ulong number))
                {
                    return false;
                }

                writer.UInt(number);
                return true;
            case (>= 0xa0 and <= 0xbf) or (>= 0xd9 and <= 0xdb):
                if (!reader.TryText(out string? text, 1 << 16))
                {
                    return false;
                }

                writer.Text(text);
                return true;
            case >= 0xc4 and <= 0xc6:
                if (!reader.TryBytes(out ReadOnlySpan<byte> bytes, 0, 1 << 16))
                {
                    return false;
                }

                writer.Bytes(bytes);
                return true;
            default:
                if (!reader.TryArray(out int count, 1 << 16))
                {
                    return false;
                }

                writer.Array(count);
                for (int i = 0; i < count; i++)
                {
                    if (!Copy(ref reader, writer))
                    {
                        return false;
                    }
                }

                return true;
        }
    }
}
