using Aria.Libp2p.Encodings;
using Aria.Testing;

namespace Aria.Libp2p.Tests.Encodings;

public sealed class ProtobufTests
{
    [Fact]
    public void Fields_ComeBackInOrder()
    {
        byte[] message = new ProtobufWriter().Varint(1, 300).Bytes(2, [7, 8]).Text(16, "é").Varint(3, ulong.MaxValue).ToArray();
        Assert.Equal("08ac0212020708820102c3a918ffffffffffffffffff01", Convert.ToHexStringLower(message));
        Assert.Equal(["1=300", "2=0708", "16=C3A9", "3=18446744073709551615"], Walk(message, out bool malformed));
        Assert.False(malformed);
    }

    [Fact]
    public void FixedFields_AreRead() => Assert.Equal(["1=1", "2=2"], Walk([0x09, 1, 0, 0, 0, 0, 0, 0, 0, 0x15, 2, 0, 0, 0], out _));

    [Theory]
    [InlineData("0a")] // no length
    [InlineData("0a05")] // shorter than its length
    [InlineData("0affffffffffffffffff01")] // a length beyond any message
    [InlineData("0001")] // field number 0
    [InlineData("0b0c")] // a group
    [InlineData("0900")] // a short fixed64
    [InlineData("08ffffffffffffffffff02")] // a varint of more than 64 bits
    [InlineData("08ffffffffffffffffffff01")] // a varint of eleven bytes
    [InlineData("ffffffffff0101")] // a field number beyond 29 bits
    public void MalformedMessages_AreNamedSo(string hex)
    {
        Walk(Convert.FromHexString(hex), out bool malformed);
        Assert.True(malformed);
    }

    [Fact]
    public void ArbitraryBytes_NeverThrow()
    {
        Random random = TestSeed.Random();
        for (int i = 0; i < 10_000; i++)
        {
            byte[] bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            Walk(bytes, out _);
        }
    }

    private static List<string> Walk(byte[] message, out bool malformed)
    {
        List<string> fields = [];
        ProtobufReader reader = new(message);
        while (reader.TryRead(out ProtobufField field))
        {
            fields.Add(field.IsBytes ? $"{field.Number}={Convert.ToHexString(field.Bytes)}" : $"{field.Number}={field.Value}");
        }

        malformed = reader.IsMalformed;
        return fields;
    }
}
