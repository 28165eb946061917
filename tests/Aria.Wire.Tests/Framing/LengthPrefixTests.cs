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

    [Fact]
    public void Frames_MayLieAcrossSegments()
    {
        ArrayBufferWriter<byte> output = new();
        LengthPrefix.Write(output, [1, 2, 3, 4, 5]);
        byte[] all = output.WrittenSpan.ToArray();
        for (int cut = 0; cut <= all.Length; cut++)
        {
            ReadOnlySequence<byte> input = Split(all, cut);
            Assert.Equal(OperationStatus.Done, LengthPrefix.TryRead(ref input, 5, out ReadOnlySequence<byte> frame));
            Assert.Equal([1, 2, 3, 4, 5], frame.ToArray());
            Assert.True(input.IsEmpty);
        }

        Assert.Equal([1, 2, 3, 4, 5], OneByteAtATime(all));
    }

    [Fact]
    public void LargestLength_IsRefusedToo()
    {
        ReadOnlySequence<byte> input = new((byte[])[0xff, 0xff, 0xff, 0xff]);
        Assert.Equal(OperationStatus.InvalidData, LengthPrefix.TryRead(ref input, int.MaxValue, out _));
    }

    private static byte[] OneByteAtATime(byte[] all)
    {
        Segment first = new(all.AsMemory(0, 1)), last = first;
        for (int i = 1; i < all.Length; i++)
        {
            last = last.Append(all.AsMemory(i, 1));
        }

        ReadOnlySequence<byte> input = new(first, 0, last, 1);
        Assert.Equal(OperationStatus.Done, LengthPrefix.TryRead(ref input, 5, out ReadOnlySequence<byte> frame));
        return frame.ToArray();
    }

    private static ReadOnlySequence<byte> Split(byte[] all, int cut)
    {
        Segment first = new(all.AsMemory(0, cut));
        Segment second = first.Append(all.AsMemory(cut));
        return new(first, 0, second, all.Length - cut);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            Segment next = new(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
