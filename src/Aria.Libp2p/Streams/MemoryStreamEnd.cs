using System.IO.Pipelines;

namespace Aria.Libp2p.Streams;

/// <summary>One end of a stream within the process: what one end writes is what the other reads, without a copy.</summary>
internal sealed class MemoryStreamEnd : MuxedStream, IStreamOutputOwner
{
    /// <summary>Bytes that wait for the reader before the writer is held up.</summary>
    public const int MaxBufferedBytes = 256 * 1024;

    private readonly StreamInput _input;
    private readonly StreamOutput _output;
    private MemoryStreamEnd? _other;

    private MemoryStreamEnd(Pipe inbound, Pipe outbound)
    {
        _input = new(inbound.Reader);
        _output = new(outbound.Writer, this);
    }

    public override PipeReader Input => _input;

    public override PipeWriter Output => _output;

    public static (MemoryStreamEnd A, MemoryStreamEnd B) CreatePair()
    {
        PipeOptions options = new(pauseWriterThreshold: MaxBufferedBytes, resumeWriterThreshold: MaxBufferedBytes / 2, useSynchronizationContext: false);
        Pipe toA = new(options), toB = new(options);
        MemoryStreamEnd a = new(toA, toB), b = new(toB, toA);
        (a._other, b._other) = (b, a);
        return (a, b);
    }

    /// <summary>The connection under both ends is gone.</summary>
    public void Lose(StreamFault fault)
    {
        Fail(fault);
        _other!.Fail(fault);
    }

    public override void Reset()
    {
        // A direction that already ended in order stays ended: what was written before is still the other end's to read.
        if (!_output.IsCompleted)
        {
            _other!._input.Fail(StreamFault.ResetByRemote);
        }

        if (!_input.IsCompleted)
        {
            _other!._output.Fail(StreamFault.ResetByRemote);
        }

        Fail(StreamFault.ResetHere);
    }

    void IStreamOutputOwner.OnFlushed()
    {
    }

    private void Fail(StreamFault fault)
    {
        _input.Fail(fault);
        _output.Fail(fault);
    }
}
