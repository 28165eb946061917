using Aria.Engine.Models.Gguf;

namespace Aria.Engine.Models.Import;

/// <summary>How embedding and head are stored in the file that an import writes.</summary>
public enum NumberFormat
{
    /// <summary>F16 and BF16 as they are, F32 as F16.</summary>
    Auto,

    /// <summary>IEEE half precision.</summary>
    F16,

    /// <summary>bfloat16.</summary>
    BF16,

    /// <summary>Single precision.</summary>
    F32,
}

/// <summary>What an import cannot read from the checkpoint itself.</summary>
public sealed record CheckpointOptions
{
    /// <summary>The model's name; null: its folder's or file's.</summary>
    public string? Name { get; init; }

    /// <summary>A <c>tokenizer.model</c> or <c>tokenizer.json</c>; null: the one in the checkpoint's folder.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Names the split of a byte-level tokenizer (specs/tokenizer.md §4); null: it must be one that is recognised.</summary>
    public string? Pre { get; init; }

    /// <summary>Storage of the ternary matrices. TQ2_0, which wants rows of whole blocks of 256, rounds a scale to f16.</summary>
    public TernaryFormat Ternary { get; init; } = TernaryFormat.I2S;

    /// <summary>Storage of embedding and head.</summary>
    public NumberFormat Numbers { get; init; }
}
