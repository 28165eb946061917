namespace Aria.Engine.Text;

/// <summary>What a code point is to the pre-tokenizers; several at once (specs/tokenizer.md §4).</summary>
[Flags]
internal enum Characters
{
    /// <summary>There is no character: the text ends here.</summary>
    None = 0,

    /// <summary>Property White_Space: <c>\s</c>.</summary>
    White = 1,

    /// <summary>Carriage return or line feed.</summary>
    LineEnd = 2,

    /// <summary>Lu, Lt.</summary>
    Upper = 4,

    /// <summary>Ll.</summary>
    Lower = 8,

    /// <summary>Lm, Lo.</summary>
    Caseless = 16,

    /// <summary>L: <c>\p{L}</c>.</summary>
    Letter = Upper | Lower | Caseless,

    /// <summary>N: <c>\p{N}</c>.</summary>
    Number = 32,

    /// <summary>0 to 9.</summary>
    Digit = 64,

    /// <summary>M: <c>\p{M}</c>.</summary>
    Mark = 128,

    /// <summary>Neither white space nor letter nor number: <c>[^\s\p{L}\p{N}]</c>, marks included.</summary>
    Symbol = 256,

    /// <summary>P and the nine ASCII symbols <c>$+&lt;=&gt;^~|`</c>.</summary>
    Punctuation = 512,

    /// <summary>U+002F.</summary>
    Slash = 1024,
}
