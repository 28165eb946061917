using CsCheck;

namespace Aria.Tests;

public class DigestTests
{
    private static readonly Gen<byte[]> Bytes = Gen.Byte.Array[Digest.Size];

    [Fact]
    public void OfAbc_IsTheStandardsExample() =>
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Digest.Of("abc"u8).ToString());

    [Fact]
    public void Bytes_SurviveTheWayThroughText() => Bytes.Sample(bytes =>
    {
        Digest digest = new(bytes);
        Assert.Equal(bytes, digest.ToArray());
        Assert.True(Digest.TryParse(digest.ToString(), out Digest lower) && lower == digest);
        Assert.True(Digest.TryParse(digest.ToString().ToUpperInvariant(), out Digest upper) && upper.GetHashCode() == digest.GetHashCode());
    });

    [Fact]
    public void Order_IsBytewise() => Gen.Select(Bytes, Bytes).Sample((a, b) =>
    {
        (Digest left, Digest right) = (new(a), new(b));
        Assert.Equal(Math.Sign(string.CompareOrdinal(left.ToString(), right.ToString())), Math.Sign(left.CompareTo(right)));
        Assert.Equal(left < right, right > left);
        Assert.Equal(left <= right, !(left > right));
        Assert.Equal(left == right, left.CompareTo(right) == 0);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void AnotherLength_IsMisuse(int length) => Assert.Throws<ArgumentException>(() => new Digest(new byte[length]));

    [Theory]
    [InlineData("")]
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a")]
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0")]
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ag")]
    [InlineData(" a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f2001")]
    public void OtherText_IsRefused(string text)
    {
        Assert.False(Digest.TryParse(text, out Digest digest));
        Assert.Equal(default, digest);
        Assert.False(NodeId.TryParse(text, out _));
        Assert.False(ModelId.TryParse(text, out _));
    }

    [Fact]
    public void Ids_ReadAndOrderAsTheirDigests()
    {
        Digest low = new([.. Enumerable.Repeat((byte)0x7f, Digest.Size)]);
        Digest high = new([.. Enumerable.Repeat((byte)0x80, Digest.Size)]);
        Assert.True(NodeId.TryParse(low.ToString(), out NodeId node) && node == new NodeId(low));
        Assert.True(ModelId.TryParse(high.ToString(), out ModelId model) && model == new ModelId(high));
        Assert.True(node < new NodeId(high) && new NodeId(high) > node && node <= new NodeId(low) && node >= new NodeId(low));
        Assert.True(new ModelId(low) < model && model > new ModelId(low) && model <= new ModelId(high) && model >= new ModelId(high));
        Assert.Equal(low.ToString(), node.ToString());
        Assert.Equal(high.ToString(), model.ToString());
    }
}
