using System.Buffers;
using System.Buffers.Binary;

namespace Aria.Libp2p.Yamux;

internal enum FrameType : byte
{
    Data = 0,
    WindowUpdate = 1,
    Ping = 2,
    GoAway = 3,
}

[Flags]
internal enum FrameFlags : ushort
{
    None = 0,
    Syn = 1,
    Ack = 2,
    Fin = 4,
    Rst = 8,
}

internal enum GoAwayCode : uint
{
    Normal = 0,
    ProtocolError = 1,
    InternalError = 2,
}

/// <summary>The twelve bytes before every yamux frame: version 0, type, flags, stream id, length; big-endian.</summary>
internal readonly record struct FrameHeader(FrameType Type, FrameFlags Flags, uint StreamId, uint Length)
{
    public const int Bytes = 12;

    private const FrameFlags KnownFlags = FrameFlags.Syn | FrameFlags.Ack | FrameFlags.Fin | FrameFlags.Rst;

    /// <summary>Reads a header; another version, an unknown type or flag, a stream frame on stream 0 and a session frame elsewhere are invalid.</summary>
    public static OperationStatus TryRead(ReadOnlySpan<byte> source, out FrameHeader header)
    {
        header = default;
        if (source.Length < Bytes)
        {
            return OperationStatus.NeedMoreData;
        }

        FrameHeader read = new(
            (FrameType)source[1],
            (FrameFlags)BinaryPrimitives.ReadUInt16BigEndian(source[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[8..]));
        bool isStreamFrame = read.Type is FrameType.Data or FrameType.WindowUpdate;
        if (source[0] != 0 || read.Type > FrameType.GoAway || (read.Flags & ~KnownFlags) != 0 || isStreamFrame != (read.StreamId != 0))
        {
            return OperationStatus.InvalidData;
        }

        header = read;
        return OperationStatus.Done;
    }

    public void Write(Span<byte> destination)
    {
        destination[0] = 0;
        destination[1] = (byte)Type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], StreamId);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Length);
    }
}
