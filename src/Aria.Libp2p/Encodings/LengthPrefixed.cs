using System.Buffers;
using System.IO.Pipelines;

namespace Aria.Libp2p.Encodings;

/// <summary>Messages on a stream, each behind its length as a uvarint: how libp2p's protocols frame their protobufs.</summary>
public static class LengthPrefixed
{
    /// <summary>
    /// Reads the next message, or null where the stream ends before one begins. A message longer than <paramref name="maxBytes"/>, a malformed
    /// length and an end amid a message throw <see cref="ProtocolViolationException"/>; nothing is stored for a message before its length is known to be allowed.
    /// </summary>
    public static async ValueTask<byte[]?> ReadAsync(PipeReader input, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = result.Buffer;
            if (TryRead(buffer, maxBytes, out byte[]? message, out SequencePosition end))
            {
                input.AdvanceTo(end);
                return message;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return buffer.IsEmpty ? null : throw new ProtocolViolationException("The stream ended amid a message.");
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Writes a message behind its length; the caller flushes.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Advance(Uvarint.Write(output.GetSpan(Uvarint.MaxBytes), (ulong)message.Length));
        output.Write(message);
    }

    private static bool TryRead(ReadOnlySequence<byte> buffer, int maxBytes, out byte[]? message, out SequencePosition end)
    {
        message = null;
        end = default;
        Span<byte> prefix = stackalloc byte[Uvarint.MaxBytes];
        int available = (int)Math.Min(prefix.Length, buffer.Length);
        buffer.Slice(0, available).CopyTo(prefix);
        OperationStatus status = Uvarint.TryRead(prefix[..available], out ulong length, out int consumed);
        if (status == OperationStatus.InvalidData || (status == OperationStatus.Done && length > (ulong)maxBytes))
        {
            throw new ProtocolViolationException($"The length of a message is malformed or above {maxBytes} bytes.");
        }

        if (status != OperationStatus.Done || buffer.Length < consumed + (long)length)
        {
            return false;
        }

        ReadOnlySequence<byte> body = buffer.Slice(consumed, (long)length);
        message = body.ToArray();
        end = body.End;
        return true;
    }
}
