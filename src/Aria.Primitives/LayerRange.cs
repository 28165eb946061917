namespace Aria;

/// <summary>Half-open layers [Start, End) of a model; may be empty, as for a stage that only runs the head.</summary>
public readonly record struct LayerRange
{
    private LayerRange(int start, int end) => (Start, End) = (start, end);

    /// <summary>First layer.</summary>
    public int Start { get; }

    /// <summary>One past the last layer.</summary>
    public int End { get; }

    /// <summary>Number of layers.</summary>
    public int Count => End - Start;

    /// <summary>Whether no layer is in it.</summary>
    public bool IsEmpty => Start == End;

    /// <summary>The only way in.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative start, or an end before the start.</exception>
    public static LayerRange Of(int start, int end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
        return new(start, end);
    }

    /// <summary>Reads <c>a-b</c>, b exclusive.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out LayerRange range)
    {
        range = default;
        int dash = text.IndexOf('-');
        if (dash <= 0
            || !int.TryParse(text[..dash], System.Globalization.NumberStyles.None, null, out int start)
            || !int.TryParse(text[(dash + 1)..], System.Globalization.NumberStyles.None, null, out int end)
            || end < start)
        {
            return false;
        }

        range = new(start, end);
        return true;
    }

    /// <summary>Whether <paramref name="layer"/> is in it.</summary>
    public bool Contains(int layer) => Start <= layer && layer < End;

    /// <summary>Whether all of <paramref name="other"/> is in it.</summary>
    public bool Contains(LayerRange other) => Start <= other.Start && other.End <= End;

    /// <summary>Whether <paramref name="next"/> begins where this one ends.</summary>
    public bool Precedes(LayerRange next) => End == next.Start;

    /// <summary><c>[a,b)</c></summary>
    public override string ToString() => $"[{Start},{End})";
}
