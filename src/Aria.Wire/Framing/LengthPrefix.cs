using System.Buffers;
using System.Buffers.Binary;

namespace Aria.Wire.Framing;

/// <summary>A frame behind its length, a big-endian u32 of its bytes (specs/wire.md §4).</summary>
public static class LengthPrefix
{
    /// <summary>Size of the length in bytes.</summary>
    public const int Size = 4;

    /// <summary>
    /// Takes one frame off the front of <paramref name="input"/>. <see cref="OperationStatus.InvalidData"/>: the length is over
    /// <paramref name="maxBytes"/>, seen before anything is held for it.
    /// </summary>
    public static OperationStatus TryRead(ref ReadOnlySequence<byte> input, int maxBytes, out ReadOnlySequence<byte> frame)
    {
        frame = default;
        if (input.Length < Size)
        {
            return OperationStatus.NeedMoreData;
        }

        Span<byte> prefix = stackalloc byte[Size];
        input.Slice(0, Size).CopyTo(prefix);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix);
        if (length > (uint)maxBytes)
        {
            return OperationStatus.InvalidData;
        }

        if (input.Length - Size < length)
        {
            return OperationStatus.NeedMoreData;
        }

        frame = input.Slice(Size, length);
        input = input.Slice(Size + (long)length);
        return OperationStatus.Done;
    }

    /// <summary>Writes length and frame.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> frame)
    {
        BinaryPrimitives.WriteUInt32BigEndian(output.GetSpan(Size), (uint)frame.Length);
        output.Advance(Size);
        output.Write(frame);
    }
}
