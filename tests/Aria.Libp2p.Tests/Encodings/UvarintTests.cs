using System.Buffers;
using Aria.Libp2p.Encodings;
using CsCheck;

namespace Aria.Libp2p.Tests.Encodings;

public sealed class UvarintTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(1, "01")]
    [InlineData(127, "7f")]
    [InlineData(128, "8001")]
    [InlineData(300, "ac02")]
    [InlineData(16384, "808001")]
    [InlineData(long.MaxValue, "ffffffffffffffff7f")]
    public void KnownValues_HaveOneSpelling(ulong value, string hex)
    {
        byte[] expected = Convert.FromHexString(hex);
        byte[] buffer = new byte[Uvarint.MaxBytes];
        Assert.Equal(expected, buffer[..Uvarint.Write(buffer, value)]);
        Assert.Equal(expected.Length, Uvarint.LengthOf(value));
        Assert.Equal(OperationStatus.Done, Uvarint.TryRead([.. expected, 0xff], out ulong read, out int consumed));
        Assert.Equal((value, expected.Length), (read, consumed));
        for (int cut = 0; cut < expected.Length; cut++)
        {
            Assert.Equal(OperationStatus.NeedMoreData, Uvarint.TryRead(expected.AsSpan(0, cut), out _, out _));
        }
    }

    [Theory]
    [InlineData("8000")] // 0 in two bytes
    [InlineData("ff00")]
    [InlineData("80808000")]
    [InlineData("ffffffffffffffffff01")] // ten bytes
    [InlineData("ffffffffffffffffff")]
    public void OtherSpellings_AreInvalid(string hex) =>
        Assert.Equal(OperationStatus.InvalidData, Uvarint.TryRead(Convert.FromHexString(hex), out _, out _));

    [Fact]
    public void ValuesAbove63Bits_AreMisuse() => Assert.Throws<ArgumentOutOfRangeException>(() => Uvarint.Write(new byte[16], 1UL << 63));

    [Fact]
    public void EveryValue_ComesBack() => Gen.ULong[0, Uvarint.MaxValue].Sample(value =>
    {
        byte[] buffer = new byte[Uvarint.MaxBytes];
        int written = Uvarint.Write(buffer, value);
        return written == Uvarint.LengthOf(value)
            && Uvarint.TryRead(buffer.AsSpan(0, written), out ulong read, out int consumed) == OperationStatus.Done
            && read == value && consumed == written;
    });
}
