using System.Buffers;

namespace Aria.Libp2p.Multistream;

/// <summary>Collects the bytes of one line across reads; it never takes a byte behind the line that it returns.</summary>
internal sealed class MultistreamLines
{
    private readonly byte[] _line = new byte[2 + MultistreamMessage.MaxBytes];
    private int _length;

    /// <summary>Takes bytes from <paramref name="source"/> up to the end of a line; throws <see cref="ProtocolViolationException"/> where none can come.</summary>
    public bool TryTake(ReadOnlySpan<byte> source, out int taken, out string text)
    {
        for (taken = 0; taken < source.Length;)
        {
            // Until the length is known byte by byte, then as much of the line as there is.
            int step = Math.Min(source.Length - taken, Missing());
            source.Slice(taken, step).CopyTo(_line.AsSpan(_length));
            taken += step;
            _length += step;
            switch (MultistreamMessage.TryRead(_line.AsSpan(0, _length), out text, out _))
            {
                case OperationStatus.Done:
                    _length = 0;
                    return true;
                case OperationStatus.InvalidData:
                    throw new ProtocolViolationException("The remote end's protocol negotiation is malformed.");
            }
        }

        text = "";
        return false;
    }

    private int Missing() => _length switch
    {
        0 => 1,
        1 => _line[0] < 0x80 ? _line[0] : 1,
        _ when _line[0] < 0x80 => 1 + _line[0] - _length,
        _ => 2 + (_line[0] & 0x7f | _line[1] << 7) - _length,
    };
}
