using System.Collections.Immutable;

namespace Aria.Node.Ledgers;

/// <summary>Requests and answers on a ledger stream (specs/node.md §1).</summary>
internal abstract record LedgerMessage
{
    private LedgerMessage()
    {
    }

    /// <summary>Asks for the newest head.</summary>
    public sealed record GetHead : LedgerMessage;

    /// <summary>Asks for at most <paramref name="Max"/> entries from <paramref name="From"/> on.</summary>
    public sealed record GetEntries(long From, int Max) : LedgerMessage;

    /// <summary>Asks for a trace's bytes from <paramref name="Offset"/> on.</summary>
    public sealed record GetTrace(JobId Job, int Epoch, int Stage, int Offset) : LedgerMessage;

    /// <summary>The newest head's note.</summary>
    public sealed record Head(ReadOnlyMemory<byte> Note) : LedgerMessage;

    /// <summary>Entries from <paramref name="From"/> on: none where the log ends before.</summary>
    public sealed record Entries(long From, ImmutableArray<ReadOnlyMemory<byte>> Items) : LedgerMessage;

    /// <summary>A part of a trace that has <paramref name="TotalBytes"/>.</summary>
    public sealed record TracePart(int TotalBytes, int Offset, ReadOnlyMemory<byte> Bytes) : LedgerMessage;

    /// <summary>The request is not answered.</summary>
    public sealed record Refused(LedgerRefusalCode Code, string Text) : LedgerMessage;
}
