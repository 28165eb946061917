using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Aria.Pipeline.Control;
using Aria.Pipeline.Frames;
using Aria.Wire.Framing;

namespace Aria.Pipeline.Streams;

/// <summary>Writes frames and messages; each call flushes and waits while the stream's window is full.</summary>
internal static class FrameWriter
{
    /// <summary>Writes an activation frame without joining head and body first.</summary>
    public static async ValueTask WriteAsync(PipeWriter output, ActivationFrame frame, CancellationToken cancellationToken)
    {
        byte[] head = ActivationFrame.EncodeHead(frame.Kind, frame.To, frame.Boundary, frame.Position, frame.Count, frame.Body.Length);
        BinaryPrimitives.WriteUInt32BigEndian(output.GetSpan(LengthPrefix.Size), (uint)(head.Length + frame.Body.Length));
        output.Advance(LengthPrefix.Size);
        output.Write(head);
        output.Write(frame.Body.Span);
        await FlushAsync(output, cancellationToken);
    }

    /// <summary>Writes a control message.</summary>
    public static async ValueTask WriteAsync(PipeWriter output, ControlMessage message, CancellationToken cancellationToken)
    {
        LengthPrefix.Write(output, ControlCodec.Encode(message));
        await FlushAsync(output, cancellationToken);
    }

    private static async ValueTask FlushAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        FlushResult result = await output.FlushAsync(cancellationToken);
        if (result.IsCompleted)
        {
            throw new IOException("The other end reads no more.");
        }
    }
}
