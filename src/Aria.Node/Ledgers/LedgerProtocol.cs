namespace Aria.Node.Ledgers;

/// <summary>The protocol by which a log's owner hands out its head, its entries and its stages' traces (specs/node.md §1).</summary>
public static class LedgerProtocol
{
    /// <summary>The protocol id.</summary>
    public const string Id = "/aria/ledger/1.0.0";

    /// <summary>Longest request in bytes.</summary>
    public const int MaxRequestBytes = 256;

    /// <summary>Longest answer in bytes.</summary>
    public const int MaxAnswerBytes = MaxPageBytes + (128 * 1024);

    /// <summary>Bytes of entries after which a page takes no further one, and the most bytes of a part of a trace.</summary>
    public const int MaxPageBytes = 1 << 20;

    /// <summary>Most entries of a page.</summary>
    public const int MaxPageEntries = 256;

    /// <summary>Most bytes of a refusal's text.</summary>
    public const int MaxTextBytes = 512;
}
