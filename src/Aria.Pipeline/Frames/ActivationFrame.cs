using System.Buffers;
using System.Buffers.Binary;
using Aria.Provenance;
using Aria.Wire.Canonical;

namespace Aria.Pipeline.Frames;

/// <summary>
/// One frame of an activation stream (specs/pipeline.md §3):
/// [1, kind, job id bin16, epoch, receiver, boundary, position, count, body bin].
/// </summary>
/// <param name="Kind">What the body is.</param>
/// <param name="To">The session that reads it.</param>
/// <param name="Boundary">Where in the model the rows stand; L + 1 for candidates.</param>
/// <param name="Position">The first row's position; of <see cref="FrameKind.End"/>, the number of positions sent.</param>
/// <param name="Count">Number of positions.</param>
/// <param name="Body">Little-endian rows; see specs/pipeline.md §3 for each kind.</param>
public readonly record struct ActivationFrame(FrameKind Kind, SessionKey To, int Boundary, int Position, int Count, ReadOnlyMemory<byte> Body)
{
    /// <summary>Longest frame in bytes, without its length.</summary>
    public const int MaxFrameBytes = 4 << 20;

    /// <summary>Longest first frame in bytes: it comes from a peer about which nothing is known yet.</summary>
    public const int MaxBeginBytes = 64;

    /// <summary>Most positions in a frame.</summary>
    public const int MaxCount = 4096;

    /// <summary>Highest boundary, layers plus one.</summary>
    public const int MaxBoundary = Limits.Layers + 1;

    /// <summary>Most stages in a pipeline, hence the highest receiver index.</summary>
    public const int MaxStages = Limits.Stages;

    /// <summary>The frame format's version.</summary>
    public const int Version = 1;

    /// <summary>The first frame of a stream.</summary>
    public static ActivationFrame Begin(SessionKey to) => new(FrameKind.Begin, to, 0, 0, 0, default);

    /// <summary>The last frame of a stream that carried <paramref name="positions"/> positions.</summary>
    public static ActivationFrame End(SessionKey to, int positions) => new(FrameKind.End, to, 0, positions, 0, default);

    /// <summary>Most bytes of a frame before its body's.</summary>
    internal const int MaxHeadBytes = 1 + 1 + 1 + (2 + JobId.Size) + (5 * 5) + 5;

    /// <summary>All bytes up to the body's: the array's elements and the body's MessagePack header. Returns how many.</summary>
    internal int EncodeHead(Span<byte> destination)
    {
        destination[0] = 0x90 | 9;
        int at = 1;
        at += UInt(destination[at..], Version);
        at += UInt(destination[at..], (uint)Kind);
        destination[at++] = 0xc4;
        destination[at++] = JobId.Size;
        BinaryPrimitives.WriteUInt128BigEndian(destination[at..], To.Job.Value);
        at += JobId.Size;
        at += UInt(destination[at..], (uint)To.Epoch);
        at += UInt(destination[at..], (uint)To.Index);
        at += UInt(destination[at..], (uint)Boundary);
        at += UInt(destination[at..], (uint)Position);
        at += UInt(destination[at..], (uint)Count);
        return at + Bin(destination[at..], Body.Length);
    }

    /// <summary>The frame's bytes, without their length.</summary>
    public byte[] Encode()
    {
        Span<byte> head = stackalloc byte[MaxHeadBytes];
        return [.. head[..EncodeHead(head)], .. Body.Span];
    }

    /// <summary>
    /// Reads a whole frame; the body points into <paramref name="bytes"/>. <see cref="OperationStatus.InvalidData"/>: not this format, another
    /// version, a number out of bounds, or a body that does not fit kind and count.
    /// </summary>
    public static OperationStatus TryDecode(ReadOnlyMemory<byte> bytes, out ActivationFrame frame)
    {
        frame = default;
        CanonicalReader reader = new(bytes.Span);
        if (bytes.Length > MaxFrameBytes
            || !reader.TryArray(9)
            || !reader.TryInt(out int version) || version != Version
            || !reader.TryInt(out int kind, (int)FrameKind.End)
            || !reader.TryBytes(out ReadOnlySpan<byte> job, JobId.Size, JobId.Size)
            || !reader.TryInt(out int epoch)
            || !reader.TryInt(out int receiver, MaxStages)
            || !reader.TryInt(out int boundary, MaxBoundary)
            || !reader.TryInt(out int position)
            || !reader.TryInt(out int count, MaxCount)
            || !reader.TryBytes(out ReadOnlySpan<byte> body, 0, MaxFrameBytes)
            || !reader.AtEnd
            || position > int.MaxValue - count)
        {
            return OperationStatus.InvalidData;
        }

        ActivationFrame read = new((FrameKind)kind, new(JobId.FromBytes(job), epoch, receiver), boundary, position, count, bytes[^body.Length..]);
        if (!read.IsWellFormed)
        {
            return OperationStatus.InvalidData;
        }

        frame = read;
        return OperationStatus.Done;
    }

    // What holds whatever the model is; the rest is the input gate's to check.
    private bool IsWellFormed => Kind switch
    {
        FrameKind.Begin => Boundary == 0 && Position == 0 && Count == 0 && Body.IsEmpty,
        FrameKind.End => Boundary == 0 && Count == 0 && Body.IsEmpty,
        FrameKind.Tokens => Boundary == 0 && Count > 0 && Body.Length == 4 * Count,
        FrameKind.Residual => Boundary > 0 && Count > 0 && Body.Length > 0 && Body.Length % (4 * Count) == 0,
        FrameKind.Candidates => Boundary > 0 && Count > 0 && Body.Length % 4 == 0,
        _ => false,
    };

    // The shortest spelling, as CanonicalWriter has it (specs/wire.md §1).
    private static int UInt(Span<byte> to, uint value)
    {
        switch (value)
        {
            case < 0x80:
                to[0] = (byte)value;
                return 1;
            case <= byte.MaxValue:
                to[0] = 0xcc;
                to[1] = (byte)value;
                return 2;
            case <= ushort.MaxValue:
                to[0] = 0xcd;
                BinaryPrimitives.WriteUInt16BigEndian(to[1..], (ushort)value);
                return 3;
            default:
                to[0] = 0xce;
                BinaryPrimitives.WriteUInt32BigEndian(to[1..], value);
                return 5;
        }
    }

    private static int Bin(Span<byte> to, int length)
    {
        switch (length)
        {
            case <= byte.MaxValue:
                to[0] = 0xc4;
                to[1] = (byte)length;
                return 2;
            case <= ushort.MaxValue:
                to[0] = 0xc5;
                BinaryPrimitives.WriteUInt16BigEndian(to[1..], (ushort)length);
                return 3;
            default:
                to[0] = 0xc6;
                BinaryPrimitives.WriteUInt32BigEndian(to[1..], (uint)length);
                return 5;
        }
    }
}
