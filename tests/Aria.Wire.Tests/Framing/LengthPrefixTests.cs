using System.Buffers;
using Aria.Wire.Framing;

namespace Aria.Wire.Tests.Framing;

public sealed class LengthPrefixTests
{
    [Fact]
    public void Frames_ComeOutWhole_HoweverTheyAreSplit()
    {
        ArrayBufferWriter<byte> output = new();
        LengthPrefix.Write(output, [1, 2, 3]);
        LengthPrefix.Write(output, []);
        LengthPrefix.Write(output, [4]);
        byte[] all = output.WrittenSpan.ToArray();
        for (int available = 0; available <= all.Length; available++)
        {
            ReadOnlySequence<byte> input = new(all.AsMemory(0, available));
            List<byte[]> frames = [];
            while (LengthPrefix.TryRead(ref input, 3, out ReadOnlySequence<byte> frame) == OperationStatus.Done)
            {
                frames.Add(frame.ToArray());
            }

            Assert.Equal(available < 7 ? 0 : available < 11 ? 1 : available < 16 ? 2 : 3, frames.Count);
        }
    }

    [Fact]
    public void TooLong_IsRefusedByItsLengthAlone()
    {
        ReadOnlySequence<byte> input = new((byte[])[0, 0, 0, 4]);
        Assert.Equal(OperationStatus.InvalidData, LengthPrefix.TryRead(ref input, 3, out _));
    }
}
