using System.Buffers;

namespace Aria.Libp2p.Multistream;

/// <summary>The side that accepts the first proposal that it speaks: a plain object that is fed what arrives and writes what is to be sent.</summary>
internal sealed class AnswererNegotiation(Func<string, bool> speaks)
{
    /// <summary>How many proposals are heard before the negotiation counts as refused.</summary>
    public const int MaxProposals = 8;

    private readonly MultistreamLines _lines = new();
    private bool _headerSeen;
    private int _heard;

    /// <summary>The protocol that both speak, once known.</summary>
    public string? Agreed { get; private set; }

    /// <summary>True once the last allowed proposal was refused.</summary>
    public bool IsRefused => Agreed is null && _heard == MaxProposals;

    public bool IsDone => Agreed is not null || IsRefused;

    /// <summary>The opening: the header.</summary>
    public static void Begin(IBufferWriter<byte> output) => MultistreamMessage.Write(output, MultistreamMessage.Header);

    /// <summary>Takes what arrived, up to the last byte of the negotiation, and returns how many bytes that were.</summary>
    public int Feed(ReadOnlySpan<byte> source, IBufferWriter<byte> output)
    {
        int consumed = 0;
        while (!IsDone && _lines.TryTake(source[consumed..], out int taken, out string text))
        {
            consumed += taken;
            Hear(text, output);
        }

        return IsDone ? consumed : source.Length;
    }

    private void Hear(string text, IBufferWriter<byte> output)
    {
        if (!_headerSeen)
        {
            _headerSeen = text == MultistreamMessage.Header ? true : throw new ProtocolViolationException("The remote end does not speak multistream-select 1.0.");
            return;
        }

        _heard++;
        bool spoken = speaks(text);
        MultistreamMessage.Write(output, spoken ? text : MultistreamMessage.NotAvailable);
        Agreed = spoken ? text : null;
    }
}
