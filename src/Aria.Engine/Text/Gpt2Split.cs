using System.Globalization;
using System.Text;

namespace Aria.Engine.Text;

/// <summary>
/// Cuts text into the pieces inside which bytes are merged: GPT-2's pattern, read over code points rather than UTF-16 units, so that letters
/// beyond U+FFFF are letters too (specs/tokenizer.md §3).
/// </summary>
internal ref struct Gpt2Split(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _at;

    private enum Kind
    {
        End,
        Space,
        Letter,
        Number,
        Other,
    }

    /// <summary>The next piece, never empty; false at the end.</summary>
    public bool TryNext(out ReadOnlySpan<char> piece)
    {
        ReadOnlySpan<char> rest = _text[_at..];
        int length = Contraction(rest);
        if (length == 0)
        {
            int lead = rest is [' ', ..] && KindAt(rest, 1, out _) is not (Kind.Space or Kind.End) ? 1 : 0;
            Kind kind = KindAt(rest, lead, out _);
            length = kind == Kind.Space ? Spaces(rest) : lead + Run(rest[lead..], kind);
        }

        piece = rest[..length];
        _at += length;
        return length > 0;
    }

    private static int Contraction(ReadOnlySpan<char> rest) =>
        rest switch
        {
            ['\'', 's' or 't' or 'm' or 'd', ..] => 2,
            ['\'', 'r' or 'v', 'e', ..] or ['\'', 'l', 'l', ..] => 3,
            _ => 0,
        };

    // White space before something else leaves its last character to the next piece, unless it is all there is.
    private static int Spaces(ReadOnlySpan<char> rest)
    {
        int run = Run(rest, Kind.Space);
        return run == rest.Length || run == 1 ? run : run - 1;  // white space is one UTF-16 unit each
    }

    private static int Run(ReadOnlySpan<char> rest, Kind kind)
    {
        int length = 0;
        while (kind != Kind.End && KindAt(rest, length, out int units) == kind)
        {
            length += units;
        }

        return length;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int at, out int units)
    {
        units = 0;
        if (at >= text.Length)
        {
            return Kind.End;
        }

        Rune.DecodeFromUtf16(text[at..], out Rune rune, out units);     // a lone surrogate reads as U+FFFD, one unit
        if (Rune.IsWhiteSpace(rune))
        {
            return Kind.Space;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }
}
