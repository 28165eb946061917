using System.IO.Pipelines;
using Aria.Pipeline.Streams;
using Aria.Wire.Framing;

namespace Aria.Node.Ledgers;

/// <summary>Messages on a ledger stream, each a frame of specs/wire.md §4.</summary>
internal static class LedgerFrames
{
    /// <summary>The next frame, copied; null at the stream's end.</summary>
    /// <exception cref="MalformedStreamException">A frame that is too long.</exception>
    /// <exception cref="EndOfStreamException">A frame that is cut off.</exception>
    public static async ValueTask<byte[]?> ReadAsync(PipeReader input, int maxBytes, CancellationToken cancellationToken)
    {
        using FrameReader frames = new(input);          // takes nothing beyond the frame, so that the next one may have a reader of its own
        return (await frames.ReadAsync(maxBytes, cancellationToken))?.ToArray();
    }

    /// <summary>Writes a message and flushes.</summary>
    public static async ValueTask WriteAsync(PipeWriter output, LedgerMessage message, CancellationToken cancellationToken)
    {
        LengthPrefix.Write(output, LedgerCodec.Encode(message));
        await output.FlushAsync(cancellationToken);
    }
}
