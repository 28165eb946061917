using System.Globalization;
using System.Text;

namespace Aria.Engine.Text;

/// <summary>Reads a text's code points by kind and counts the looks it took, so that a test can bound them.</summary>
internal ref struct CharacterReader(ReadOnlySpan<char> text)
{
    /// <summary>What is still to be read.</summary>
    public ReadOnlySpan<char> Rest { get; private set; } = text;

    /// <summary>Code points looked at.</summary>
    public long Looks { get; private set; }

    /// <summary>Leaves the first <paramref name="length"/> units behind.</summary>
    public void Skip(int length) => Rest = Rest[length..];

    /// <summary>The code point at <paramref name="at"/> and how many UTF-16 units it has; a lone surrogate reads as U+FFFD.</summary>
    public Characters At(int at, out int units)
    {
        Looks++;
        units = 0;
        if (at >= Rest.Length)
        {
            return Characters.None;
        }

        Rune.DecodeFromUtf16(Rest[at..], out Rune rune, out units);
        return KindOf(rune);
    }

    /// <summary>Like <see cref="At(int, out int)"/>.</summary>
    public Characters At(int at) => At(at, out _);

    /// <summary>How many units from <paramref name="at"/> on are of one of <paramref name="kinds"/>.</summary>
    public int Run(int at, Characters kinds)
    {
        int end = at;
        while ((At(end, out int units) & kinds) != 0)
        {
            end += units;
        }

        return end - at;
    }

    private static Characters KindOf(Rune rune)
    {
        if (Rune.IsWhiteSpace(rune))
        {
            return rune.Value is '\r' or '\n' ? Characters.White | Characters.LineEnd : Characters.White;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => Characters.Upper,
            UnicodeCategory.LowercaseLetter => Characters.Lower,
            UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Characters.Caseless,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber =>
                rune.Value is >= '0' and <= '9' ? Characters.Number | Characters.Digit : Characters.Number,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => Characters.Symbol | Characters.Mark,
            UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
                or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation =>
                rune.Value == '/' ? Characters.Symbol | Characters.Punctuation | Characters.Slash : Characters.Symbol | Characters.Punctuation,
            _ => rune.Value is '$' or '+' or '<' or '=' or '>' or '^' or '~' or '|' or '`' ? Characters.Symbol | Characters.Punctuation : Characters.Symbol,
        };
    }
}
