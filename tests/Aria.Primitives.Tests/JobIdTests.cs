namespace Aria.Tests;

public class JobIdTests
{
    private static readonly byte[] Bytes = [0x0f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff];

    [Fact]
    public void Bytes_AreBigEndian()
    {
        JobId id = JobId.FromBytes(Bytes);
        Assert.Equal("0f0102030405060708090a0b0c0d0eff", id.ToString());
        Assert.Equal(Bytes, id.ToArray());
        Assert.Equal("00000000000000000000000000000001", new JobId(1).ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(17)]
    public void AnotherLength_IsMisuse(int length) => Assert.Throws<ArgumentException>(() => JobId.FromBytes(new byte[length]));
}
