using System.Buffers;
using System.IO.Pipelines;

namespace Aria.Libp2p.Encodings;

/// <summary>Messages on a stream, each behind its length as a uvarint: how libp2p's protocols frame their protobufs.</summary>
public static class LengthPrefixed
{
    // A longer message is taken over piece by piece, since the sender may send no more than the receive window before something is consumed.
    private const int PieceBytes = 64 * 1024;

    /// <summary>
    /// Reads the next message, or null where the stream ends before one begins. A message longer than <paramref name="maxBytes"/>, a malformed
    /// length and an end amid a message throw <see cref="ProtocolViolationException"/>; nothing is stored for a message before its length is known to be allowed,
    /// nor much more than has arrived of it.
    /// </summary>
    public static async ValueTask<byte[]?> ReadAsync(PipeReader input, int maxBytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = result.Buffer;
            if (TryReadLength(buffer, maxBytes, out int length, out int prefix))
            {
                if (buffer.Length >= prefix + (long)length)
                {
                    ReadOnlySequence<byte> message = buffer.Slice(prefix, length);
                    byte[] whole = message.ToArray();
                    input.AdvanceTo(message.End);
                    return whole;
                }

                if (length > PieceBytes && !result.IsCompleted)
                {
                    input.AdvanceTo(buffer.GetPosition(prefix));
                    return await ReadLongAsync(input, length, cancellationToken).ConfigureAwait(false);
                }
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return buffer.IsEmpty ? null : throw EndedAmid();
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

    private static async ValueTask<byte[]> ReadLongAsync(PipeReader input, int length, CancellationToken cancellationToken)
    {
        byte[] message = new byte[PieceBytes];
        int read = 0;
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> piece = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, length - read));
            int end = read + (int)piece.Length;
            if (end > message.Length)
            {
                Array.Resize(ref message, Math.Min(length, Math.Max(2 * message.Length, end)));
            }

            piece.CopyTo(message.AsSpan(read));
            input.AdvanceTo(piece.End);
            read = end;
            if (read == length)
            {
                return message;
            }

            if (result.IsCompleted)
            {
                throw EndedAmid();
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static bool TryReadLength(ReadOnlySequence<byte> buffer, int maxBytes, out int length, out int prefix)
    {
        Span<byte> bytes = stackalloc byte[Uvarint.MaxBytes];
        int available = (int)Math.Min(bytes.Length, buffer.Length);
        buffer.Slice(0, available).CopyTo(bytes);
        OperationStatus status = Uvarint.TryRead(bytes[..available], out ulong value, out prefix);
        if (status == OperationStatus.InvalidData || (status == OperationStatus.Done && value > (ulong)maxBytes))
        {
            throw new ProtocolViolationException($"The length of a message is malformed or above {maxBytes} bytes.");
        }

        length = (int)value;
        return status == OperationStatus.Done;
    }

    private static ProtocolViolationException EndedAmid() => new("The stream ended amid a message.");
}
