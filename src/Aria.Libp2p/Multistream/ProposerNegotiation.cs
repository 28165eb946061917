using System.Buffers;

namespace Aria.Libp2p.Multistream;

/// <summary>
/// The side that proposes protocols, one after the other: a plain object that is fed what arrives and writes what is to be sent.
/// </summary>
internal sealed class ProposerNegotiation(IReadOnlyList<string> protocols)
{
    private readonly MultistreamLines _lines = new();
    private bool _headerSeen;
    private int _proposed;

    /// <summary>The protocol that both speak, once known.</summary>
    public string? Agreed { get; private set; }

    /// <summary>True once every proposal was refused.</summary>
    public bool IsRefused { get; private set; }

    public bool IsDone => Agreed is not null || IsRefused;

    /// <summary>The opening: the header and the first proposal.</summary>
    public void Begin(IBufferWriter<byte> output)
    {
        MultistreamMessage.Write(output, MultistreamMessage.Header);
        MultistreamMessage.Write(output, protocols[0]);
    }

    /// <summary>Takes what arrived, up to the last byte of the negotiation, and returns how many bytes that were.</summary>
    public int Feed(ReadOnlySpan<byte> source, IBufferWriter<byte> output)
    {
        int consumed = 0;
        while (!IsDone && _lines.TryTake(source[consumed..], out int taken, out string text))
        {
            consumed += taken;
            Answer(text, output);
        }

        return IsDone ? consumed : source.Length;
    }

    private void Answer(string text, IBufferWriter<byte> output)
    {
        if (!_headerSeen)
        {
            _headerSeen = text == MultistreamMessage.Header ? true : throw new ProtocolViolationException("The remote end does not speak multistream-select 1.0.");
        }
        else if (text == protocols[_proposed])
        {
            Agreed = text;
        }
        else if (text != MultistreamMessage.NotAvailable)
        {
            throw new ProtocolViolationException("The remote end answered a proposal with another protocol.");
        }
        else if (++_proposed == protocols.Count)
        {
            IsRefused = true;
        }
        else
        {
            MultistreamMessage.Write(output, protocols[_proposed]);
        }
    }
}
