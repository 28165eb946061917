namespace Aria.Engine.Text;

/// <summary>
/// Joins neighbouring symbols while any two may be joined: of all pairs the one that its rule orders first, the leftmost of equals. A heap
/// over a linked list, so that a megabyte without a space costs n·log n. One call at a time; the buffers are kept for the next.
/// </summary>
internal sealed class MergeQueue
{
    private readonly PriorityQueue<Pair, ulong> _open = new();
    private int[] _previous = [];
    private int[] _next = [];

    /// <summary>Which pairs may be joined.</summary>
    public interface IRule
    {
        /// <summary>Whether the two become one <paramref name="token"/>; the lowest <paramref name="order"/> is joined first.</summary>
        bool TryJoin(in Symbol left, in Symbol right, out uint order, out uint token);
    }

    /// <summary>Joins in place; returns how many symbols are left, at the front.</summary>
    public int Run<TRule>(ref TRule rule, Span<Symbol> symbols)
        where TRule : struct, IRule
    {
        Link(symbols.Length);
        for (int i = 0; i + 1 < symbols.Length; i++)
        {
            Offer(ref rule, symbols, i);
        }

        while (_open.TryDequeue(out Pair pair, out ulong priority))
        {
            int left = (int)(uint)priority;
            int right = _next[left];
            if (symbols[left].Length != pair.LeftLength || right == symbols.Length || symbols[right].Length != pair.RightLength)
            {
                continue;   // one of the two has been joined since
            }

            symbols[left] = new(symbols[left].Start, pair.LeftLength + pair.RightLength, pair.Token);
            symbols[right] = symbols[right] with { Length = 0 };
            _next[left] = _next[right];
            if (_next[left] < symbols.Length)
            {
                _previous[_next[left]] = left;
                Offer(ref rule, symbols, left);
            }

            if (_previous[left] >= 0)
            {
                Offer(ref rule, symbols, _previous[left]);
            }
        }

        int count = 0;
        for (int i = 0; i < symbols.Length; i = _next[i])
        {
            symbols[count++] = symbols[i];
        }

        return count;
    }

    private void Link(int count)
    {
        if (_next.Length < count)
        {
            (_previous, _next) = (new int[count], new int[count]);
        }

        for (int i = 0; i < count; i++)
        {
            (_previous[i], _next[i]) = (i - 1, i + 1);      // the count stands for "none"
        }
    }

    private void Offer<TRule>(ref TRule rule, Span<Symbol> symbols, int at)
        where TRule : struct, IRule
    {
        Symbol left = symbols[at], right = symbols[_next[at]];
        if (rule.TryJoin(left, right, out uint order, out uint token))
        {
            _open.Enqueue(new(left.Length, right.Length, token), ((ulong)order << 32) | (uint)at);
        }
    }

    /// <summary>A part of a text and the token that it is.</summary>
    public readonly record struct Symbol(int Start, int Length, uint Token);

    private readonly record struct Pair(int LeftLength, int RightLength, uint Token);
}
