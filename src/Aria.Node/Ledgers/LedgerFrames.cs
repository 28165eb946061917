using System.Buffers;
using System.IO.Pipelines;
using Aria.Wire.Framing;

namespace Aria.Node.Ledgers;

/// <summary>Messages on a ledger stream, each a frame of specs/wire.md §4.</summary>
internal static class LedgerFrames
{
    /// <summary>The next frame, copied; null at the stream's end.</summary>
    /// <exception cref="InvalidDataException">A frame that is too long, or cut off.</exception>
    public static async ValueTask<byte[]?> ReadAsync(PipeReader input, int maxBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = result.Buffer;
            switch (LengthPrefix.TryRead(ref buffer, maxBytes, out ReadOnlySequence<byte> frame))
            {
                case OperationStatus.Done:
                    byte[] bytes = frame.ToArray();
                    input.AdvanceTo(buffer.Start);
                    return bytes;
                case OperationStatus.InvalidData:
                    throw new InvalidDataException($"A frame has more than {maxBytes} bytes.");
                default:
                    bool empty = result.Buffer.IsEmpty;
                    input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                    if (result.IsCompleted)
                    {
                        return empty ? null : throw new InvalidDataException("The stream ends within a frame.");
                    }

                    break;
            }
        }
    }

    /// <summary>Writes a message and flushes.</summary>
    public static async ValueTask WriteAsync(PipeWriter output, LedgerMessage message, CancellationToken cancellationToken)
    {
        LengthPrefix.Write(output, LedgerCodec.Encode(message));
        await output.FlushAsync(cancellationToken);
    }
}
