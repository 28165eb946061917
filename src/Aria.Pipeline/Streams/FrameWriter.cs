using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Aria.Pipeline.Control;
using Aria.Pipeline.Frames;
using Aria.Wire.Framing;

namespace Aria.Pipeline.Streams;

/// <summary>Writes frames and messages; each call flushes and waits while the stream's window is full.</summary>
internal static class FrameWriter
{
    /// <summary>Writes an activation frame without joining head and body first.</summary>
    public static ValueTask WriteAsync(PipeWriter output, in ActivationFrame frame, CancellationToken cancellationToken)
    {
        Span<byte> front = output.GetSpan(LengthPrefix.Size + ActivationFrame.MaxHeadBytes);
        int head = frame.EncodeHead(front[LengthPrefix.Size..]);
        BinaryPrimitives.WriteUInt32BigEndian(front, (uint)(head + frame.Body.Length));
        output.Advance(LengthPrefix.Size + head);
        output.Write(frame.Body.Span);
        return FlushAsync(output, cancellationToken);
    }

    /// <summary>Writes a control message.</summary>
    public static ValueTask WriteAsync(PipeWriter output, ControlMessage message, CancellationToken cancellationToken)
    {
        LengthPrefix.Write(output, ControlCodec.Encode(message));
        return FlushAsync(output, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask FlushAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        FlushResult result = await output.FlushAsync(cancellationToken);
        if (result.IsCompleted)
        {
            throw new IOException("The other end reads no more.");
        }
    }
}
