namespace Aria.Provenance;

/// <summary>What a value may at most hold; larger ones are refused by every reader (specs/provenance.md §1).</summary>
public static class Limits
{
    /// <summary>Bytes of a network id or a numeric spec id, as UTF-8.</summary>
    public const int NameBytes = 64;

    /// <summary>Stages of one plan.</summary>
    public const int Stages = 64;

    /// <summary>Layers of a model.</summary>
    public const int Layers = 4096;

    /// <summary>Positions of one job: prompt and answer.</summary>
    public const int Positions = 1 << 24;

    /// <summary>Attempts of one job.</summary>
    public const int Attempts = 16;

    /// <summary>Bytes of the sentence that says why an attempt ended, as UTF-8.</summary>
    public const int FaultBytes = 256;

    /// <summary>Bytes of a job plan's payload.</summary>
    public const int PlanBytes = 4096;

    /// <summary>Bytes of a receipt's payload.</summary>
    public const int ReceiptBytes = 512;

    /// <summary>Bytes of a record's payload: with its signature it stays well below 64 KiB, so that it fits any log's entry.</summary>
    public const int RecordBytes = 60 * 1024;

    /// <summary>Bytes of a stage trace.</summary>
    public const int TraceBytes = 64 << 20;

    /// <summary>Bytes of an opening.</summary>
    public const int OpeningBytes = (2 * 4 * Positions) + 1024;
}
