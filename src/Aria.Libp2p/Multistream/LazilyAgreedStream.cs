using System.Buffers;
using System.IO.Pipelines;
using Aria.Libp2p.Streams;

namespace Aria.Libp2p.Multistream;

/// <summary>
/// A stream whose only proposal was sent along with whatever the application sends first, because the remote end is known to speak the protocol. The
/// answer is read before the application's first bytes are; a refusal then fails the stream.
/// </summary>
internal sealed class LazilyAgreedStream : MuxedStream
{
    private readonly MuxedStream _stream;
    private readonly LazyInput _input;

    private LazilyAgreedStream(MuxedStream stream, ProposerNegotiation negotiation, string refusal)
    {
        _stream = stream;
        _input = new(stream, negotiation, refusal);
    }

    public override PipeReader Input => _input;

    public override PipeWriter Output => _stream.Output;

    /// <summary>Writes header and proposal to a new stream; they leave with the first flush after this.</summary>
    public static LazilyAgreedStream Propose(MuxedStream stream, string protocol, string refusal)
    {
        ProposerNegotiation negotiation = new([protocol]);
        negotiation.Begin(stream.Output);
        return new(stream, negotiation, refusal);
    }

    public override void Reset() => _stream.Reset();

    private sealed class LazyInput(MuxedStream stream, ProposerNegotiation proposed, string refusal) : PipeReader
    {
        private static readonly ArrayBufferWriter<byte> Nowhere = new(1);     // one proposal: nothing more is ever written

        private ProposerNegotiation? _open = proposed;      // until it is agreed
        private bool _gaveEmpty;

        public override bool TryRead(out ReadResult result)
        {
            while (_open is { } negotiation)
            {
                ThrowIfRefused(negotiation);
                if (!stream.Input.TryRead(out result))
                {
                    return false;
                }

                Feed(negotiation, result);
            }

            return stream.Input.TryRead(out result);
        }

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            _open is null ? stream.Input.ReadAsync(cancellationToken) : AgreeAsync(cancellationToken);

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            if (_gaveEmpty)
            {
                _gaveEmpty = false;
                return;
            }

            stream.Input.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => stream.Input.CancelPendingRead();

        public override void Complete(Exception? exception = null) => stream.Input.Complete(exception);

        private async ValueTask<ReadResult> AgreeAsync(CancellationToken cancellationToken)
        {
            while (_open is { } negotiation)
            {
                ThrowIfRefused(negotiation);
                ReadResult result = await stream.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
                if (result.IsCanceled)
                {
                    // The negotiation's bytes are not the application's to see.
                    stream.Input.AdvanceTo(result.Buffer.Start);
                    _gaveEmpty = true;
                    return new(default, isCanceled: true, isCompleted: false);
                }

                Feed(negotiation, result);
            }

            return await stream.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
        }

        private void Feed(ProposerNegotiation negotiation, ReadResult result)
        {
            if (result.Buffer.IsEmpty && result.IsCompleted)
            {
                stream.Input.AdvanceTo(result.Buffer.Start);
                throw new ProtocolViolationException("The remote end closed the stream during the negotiation of its protocol.");
            }

            int consumed = negotiation.Feed(result.Buffer.FirstSpan, Nowhere);
            stream.Input.AdvanceTo(result.Buffer.GetPosition(consumed));
            ThrowIfRefused(negotiation);
            _open = negotiation.IsDone ? null : negotiation;
        }

        private void ThrowIfRefused(ProposerNegotiation negotiation)
        {
            if (negotiation.IsRefused)
            {
                stream.Reset();
                throw new ProtocolNotSupportedException(refusal);
            }
        }
    }
}
