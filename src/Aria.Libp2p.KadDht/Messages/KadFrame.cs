using System.Buffers;
using System.IO.Pipelines;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.KadDht.Messages;

/// <summary>A message on a stream: its length as an unsigned varint, then its bytes.</summary>
internal static class KadFrame
{
    /// <summary>Bytes of a request.</summary>
    public const int MaxRequestBytes = 64 * 1024;

    /// <summary>Bytes of an answer.</summary>
    public const int MaxResponseBytes = 4 << 20;

    /// <summary>Takes one frame off the front of <paramref name="input"/>; a length over <paramref name="maxBytes"/> is invalid before anything is held for it.</summary>
    public static OperationStatus TryRead(ref ReadOnlySequence<byte> input, int maxBytes, out ReadOnlySequence<byte> frame)
    {
        frame = default;
        Span<byte> prefix = stackalloc byte[Uvarint.MaxBytes];
        int held = (int)Math.Min(prefix.Length, input.Length);
        input.Slice(0, held).CopyTo(prefix);
        OperationStatus status = Uvarint.TryRead(prefix[..held], out ulong length, out int consumed);
        if (status != OperationStatus.Done)
        {
            return status;
        }

        if (length > (ulong)maxBytes)
        {
            return OperationStatus.InvalidData;
        }

        if (input.Length - consumed < (long)length)
        {
            return OperationStatus.NeedMoreData;
        }

        frame = input.Slice(consumed, (long)length);
        input = input.Slice(consumed + (long)length);
        return OperationStatus.Done;
    }

    /// <summary>The next message; null where the stream ended between messages.</summary>
    /// <exception cref="ProtocolViolationException">Too long, cut off, or no message.</exception>
    public static async ValueTask<KadMessage?> ReadAsync(PipeReader input, int maxBytes, CancellationToken cancellationToken)
    {
        ReadResult read = await input.ReadAsync(cancellationToken);
        ReadOnlySequence<byte> buffer = read.Buffer;
        switch (TryRead(ref buffer, maxBytes, out ReadOnlySequence<byte> frame))
        {
            case OperationStatus.Done:
                bool valid = KadMessageCodec.TryDecode(frame.IsSingleSegment ? frame.FirstSpan : frame.ToArray(), out KadMessage? message);
                input.AdvanceTo(buffer.Start);
                return valid ? message : throw NoMessage();

            case OperationStatus.InvalidData:
                input.AdvanceTo(buffer.Start, buffer.End);
                throw new ProtocolViolationException($"A message of the hash table is longer than {maxBytes} bytes.");

            default:
                // In pieces then: an answer may be longer than the stream's receive window, of which the sender gets more only as it is consumed.
                input.AdvanceTo(read.Buffer.Start);
                return await LengthPrefixed.ReadAsync(input, maxBytes, cancellationToken) is not { } bytes ? null
                    : KadMessageCodec.TryDecode(bytes, out KadMessage? late) ? late
                    : throw NoMessage();
        }
    }

    /// <summary>Writes and flushes one message.</summary>
    public static async ValueTask WriteAsync(PipeWriter output, KadMessage message, CancellationToken cancellationToken)
    {
        byte[] bytes = KadMessageCodec.Encode(message);
        output.Advance(Uvarint.Write(output.GetSpan(Uvarint.MaxBytes), (ulong)bytes.Length));
        output.Write(bytes);
        await output.FlushAsync(cancellationToken);
    }

    private static ProtocolViolationException NoMessage() => new("The frame holds no message of the hash table.");
}
