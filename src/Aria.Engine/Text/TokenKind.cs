namespace Aria.Engine.Text;

/// <summary>What a token is, by the numbers of <c>tokenizer.ggml.token_type</c>.</summary>
internal enum TokenKind
{
    /// <summary>Text that merging makes.</summary>
    Normal = 1,

    /// <summary>Stands where nothing else can; no text.</summary>
    Unknown = 2,

    /// <summary>Never made from text; no text.</summary>
    Control = 3,

    /// <summary>An added token: text that is found before anything is split or merged.</summary>
    UserDefined = 4,

    /// <summary>A place holder; never made from text.</summary>
    Unused = 5,

    /// <summary>One byte, spelled <c>&lt;0x0A&gt;</c>.</summary>
    Byte = 6,
}
