namespace Aria.Engine.Text;

/// <summary>
/// The patterns that cut text into pieces, each as a function from what is still to be read to the length of the next piece: read over code
/// points rather than UTF-16 units, so that letters beyond U+FFFF are letters too, and without backtracking beyond a run (specs/tokenizer.md §4).
/// </summary>
internal static class SplitPatterns
{
    /// <summary><c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c></summary>
    public static int Gpt2(ref CharacterReader reader)
    {
        int contraction = Contraction(reader.Rest, anyCase: false);
        if (contraction > 0)
        {
            return contraction;
        }

        int lead = reader.Rest is [' ', ..] ? 1 : 0;
        Characters kind = reader.At(lead) & (Characters.Letter | Characters.Number | Characters.Symbol);
        Characters run = (kind & Characters.Letter) != 0 ? Characters.Letter : kind & (Characters.Number | Characters.Symbol);
        return run != 0 ? lead + reader.Run(lead, run) : White(ref reader);
    }

    /// <summary>
    /// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
    /// </summary>
    public static int Llama3(ref CharacterReader reader)
    {
        int contraction = Contraction(reader.Rest, anyCase: true);
        if (contraction > 0)
        {
            return contraction;
        }

        Characters first = reader.At(0, out int units);
        int lead = (first & (Characters.LineEnd | Characters.Letter | Characters.Number)) == 0 ? units : 0;
        int letters = reader.Run(lead, Characters.Letter);
        if (letters > 0)
        {
            return lead + letters;
        }

        return (first & Characters.Number) != 0 ? Numbers(ref reader, most: 3) : SymbolsOrWhite(ref reader, Characters.LineEnd);
    }

    /// <summary>
    /// <c>[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
    /// </summary>
    public static int CaseAware(ref CharacterReader reader)
    {
        Characters first = reader.At(0, out int units);
        int lead = (first & (Characters.LineEnd | Characters.Letter | Characters.Number)) == 0 ? units : 0;
        foreach (bool lower in (ReadOnlySpan<bool>)[true, false])
        {
            int word = CasedWord(ref reader, lead, lower);
            int length = word > 0 ? lead + word : lead > 0 ? CasedWord(ref reader, 0, lower) : 0;
            if (length > 0)
            {
                return length;
            }
        }

        return (first & Characters.Number) != 0 ? units : SymbolsOrWhite(ref reader, Characters.LineEnd | Characters.Slash);
    }

    /// <summary>Runs of punctuation, and what is between them.</summary>
    public static int Punctuation(ref CharacterReader reader)
    {
        int run = reader.Run(0, Characters.Punctuation);
        if (run > 0)
        {
            return run;
        }

        while (reader.At(run, out int units) is not Characters.None and var kind && (kind & Characters.Punctuation) == 0)
        {
            run += units;
        }

        return run;
    }

    /// <summary>Exactly three digits 0 to 9, and what is between such groups.</summary>
    public static int ThreeDigits(ref CharacterReader reader) => Digits(ref reader, 3);

    /// <summary>Each digit 0 to 9, and what is between them.</summary>
    public static int OneDigit(ref CharacterReader reader) => Digits(ref reader, 1);

    private static int Digits(ref CharacterReader reader, int group)
    {
        int at = 0, digits = 0;
        while (reader.At(at, out int units) is not Characters.None and var kind)
        {
            digits = (kind & Characters.Digit) != 0 ? digits + 1 : 0;
            at += units;
            if (digits == group)
            {
                return at == group ? group : at - group;
            }
        }

        return at;
    }

    private static int Contraction(ReadOnlySpan<char> rest, bool anyCase)
    {
        if (rest is not ['\'', _, ..])
        {
            return 0;
        }

        char first = Fold(rest[1], anyCase);
        char second = rest.Length > 2 ? Fold(rest[2], anyCase) : '\0';
        return (first, second) switch
        {
            ('s' or 't' or 'm' or 'd', _) => 2,
            ('r' or 'v', 'e') or ('l', 'l') => 3,
            _ => 0,
        };
    }

    // U+017F folds to s, as in the patterns' own engine.
    private static char Fold(char c, bool anyCase) => anyCase ? c == '\u017f' ? 's' : char.ToLowerInvariant(c) : c;

    private static int Numbers(ref CharacterReader reader, int most)
    {
        int length = 0;
        while (most-- > 0 && (reader.At(length, out int units) & Characters.Number) != 0)
        {
            length += units;
        }

        return length;
    }

    // Upper and caseless first, then lower and caseless; with `lower` at least one of the latter, given back by the first run if need be.
    private static int CasedWord(ref CharacterReader reader, int at, bool lower)
    {
        int end = at, afterCaseless = at;
        while ((reader.At(end, out int units) & (Characters.Upper | Characters.Caseless | Characters.Mark)) is not Characters.None and var kind)
        {
            end += units;
            afterCaseless = (kind & (Characters.Caseless | Characters.Mark)) != 0 ? end : afterCaseless;
        }

        int tail = reader.Run(end, Characters.Lower | Characters.Caseless | Characters.Mark);
        if (lower)
        {
            return (tail > 0 ? end + tail : afterCaseless) - at;
        }

        return end > at ? end + tail - at : 0;
    }

    private static int SymbolsOrWhite(ref CharacterReader reader, Characters after)
    {
        int lead = reader.Rest is [' ', ..] ? 1 : 0;
        int symbols = reader.Run(lead, Characters.Symbol);
        if (symbols > 0)
        {
            return lead + symbols + reader.Run(lead + symbols, after);
        }

        int white = reader.Run(0, Characters.White);
        int lineEnd = reader.Rest[..white].LastIndexOfAny('\r', '\n');
        return lineEnd >= 0 ? lineEnd + 1 : Before(white, reader.Rest.Length);
    }

    private static int White(ref CharacterReader reader) => Before(reader.Run(0, Characters.White), reader.Rest.Length);

    // White space before something else leaves its last character to the next piece, unless it is all there is; each is one unit.
    private static int Before(int white, int rest) => white == rest || white == 1 ? white : white - 1;
}
