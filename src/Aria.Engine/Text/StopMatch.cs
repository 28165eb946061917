namespace Aria.Engine.Text;

/// <summary>How much of one stop string the text so far ends with: Knuth, Morris and Pratt's automaton, a character at a time.</summary>
internal sealed class StopMatch
{
    private readonly string _stop;
    private readonly int[] _fallback;   // of each prefix length: the longest shorter prefix that it ends with

    public StopMatch(string stop)
    {
        _stop = stop;
        _fallback = new int[stop.Length + 1];
        for (int length = 2; length <= stop.Length; length++)
        {
            _fallback[length] = Longest(_fallback[length - 1], stop[length - 1]);
        }
    }

    public int Length => _stop.Length;

    /// <summary>Length of the longest prefix of the stop that the text ends with.</summary>
    public int Matched { get; private set; }

    /// <summary>Takes one character of text; true when the stop is complete, and nothing may be taken after that.</summary>
    public bool Advance(char next) => (Matched = Longest(Matched, next)) == Length;

    private int Longest(int matched, char next)
    {
        while (matched > 0 && _stop[matched] != next)
        {
            matched = _fallback[matched];
        }

        return _stop[matched] == next ? matched + 1 : 0;
    }
}
