using System.Buffers;
using Aria.Libp2p.Yamux;

namespace Aria.Libp2p.Tests.Yamux;

public sealed class FrameHeaderTests
{
    private static readonly (string Name, FrameHeader Header)[] Known =
    [
        ("synWindowUpdateStream1", new(FrameType.WindowUpdate, FrameFlags.Syn, 1, 0)),
        ("ackStream1", new(FrameType.WindowUpdate, FrameFlags.Ack, 1, 0)),
        ("dataStream1Len5", new(FrameType.Data, FrameFlags.None, 1, 5)),
        ("finStream1", new(FrameType.WindowUpdate, FrameFlags.Fin, 1, 0)),
        ("rstStream1", new(FrameType.WindowUpdate, FrameFlags.Rst, 1, 0)),
        ("pingSyn7", new(FrameType.Ping, FrameFlags.Syn, 0, 7)),
        ("pingAck7", new(FrameType.Ping, FrameFlags.Ack, 0, 7)),
        ("goAwayNormal", new(FrameType.GoAway, FrameFlags.None, 0, (uint)GoAwayCode.Normal)),
        ("goAwayProtocolError", new(FrameType.GoAway, FrameFlags.None, 0, (uint)GoAwayCode.ProtocolError)),
    ];

    [Fact]
    public void Vectors_AreWrittenAndReadToTheByte()
    {
        Assert.Equal(Vectors.Section("yamux").EnumerateObject().Count(), Known.Length);
        foreach ((string name, FrameHeader header) in Known)
        {
            byte[] expected = Vectors.Hex("yamux", name);
            byte[] written = new byte[FrameHeader.Bytes];
            header.Write(written);
            Assert.Equal(expected, written);
            Assert.Equal(OperationStatus.Done, FrameHeader.TryRead([.. expected, 9], out FrameHeader read));
            Assert.Equal(header, read);
            for (int cut = 0; cut < expected.Length; cut++)
            {
                Assert.Equal(OperationStatus.NeedMoreData, FrameHeader.TryRead(expected.AsSpan(0, cut), out _));
            }
        }
    }

    [Theory]
    [InlineData("010200010000000000000007")]    // version
    [InlineData("000400000000000000000000")]    // type
    [InlineData("000100100000000100000000")]    // flag
    [InlineData("000000000000000000000001")]    // data on stream 0
    [InlineData("000200010000000100000007")]    // ping on stream 1
    [InlineData("000300000000000100000000")]    // go-away on stream 1
    public void MalformedHeader_IsRefused(string hex) =>
        Assert.Equal(OperationStatus.InvalidData, FrameHeader.TryRead(Convert.FromHexString(hex), out _));

    [Fact]
    public void WhatIsRead_IsWrittenAlike()
    {
        Random random = Testing.TestSeed.Random();
        byte[] bytes = new byte[FrameHeader.Bytes], again = new byte[FrameHeader.Bytes];
        for (int i = 0; i < 100_000; i++)
        {
            random.NextBytes(bytes);
            bytes[0] = 0;
            bytes[1] &= 3;
            bytes[2] = 0;
            bytes[3] &= 0x1f;
            if (i % 3 == 0)
            {
                bytes.AsSpan(4, 4).Clear();
            }

            if (FrameHeader.TryRead(bytes, out FrameHeader header) == OperationStatus.Done)
            {
                header.Write(again);
                Assert.Equal(bytes, again);
            }
        }
    }
}
