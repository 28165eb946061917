namespace Aria.Engine.Text;

/// <summary>
/// Joins the bytes of a piece to tokens: while any neighbours have a merge, the one of lowest rank, leftmost first, is applied.
/// A heap over a linked list, so that a megabyte without a space costs n·log n.
/// </summary>
internal sealed class BytePairMerges(uint[] byteTokens, Dictionary<(uint Left, uint Right), BytePairMerges.Merge> merges)
{
    private const uint Gone = uint.MaxValue;

    /// <summary>What two neighbours become, and how early that merge was learned.</summary>
    public readonly record struct Merge(int Rank, uint Token);

    /// <summary>Appends the tokens of <paramref name="piece"/> to <paramref name="ids"/>.</summary>
    public void Encode(ReadOnlySpan<byte> piece, List<uint> ids)
    {
        if (piece.Length == 1)
        {
            ids.Add(byteTokens[piece[0]]);
            return;
        }

        uint[] tokens = new uint[piece.Length];
        int[] previous = new int[piece.Length];
        int[] next = new int[piece.Length];     // the length stands for "none"
        for (int i = 0; i < tokens.Length; i++)
        {
            (tokens[i], previous[i], next[i]) = (byteTokens[piece[i]], i - 1, i + 1);
        }

        PriorityQueue<(uint Left, uint Right), (int Rank, int At)> open = new();
        for (int i = 0; i + 1 < tokens.Length; i++)
        {
            Offer(i);
        }

        while (open.TryDequeue(out (uint Left, uint Right) pair, out (int Rank, int At) priority))
        {
            int left = priority.At;
            int right = next[left];
            if (tokens[left] != pair.Left || right == tokens.Length || tokens[right] != pair.Right)
            {
                continue;   // one of the two has been merged since
            }

            (tokens[left], tokens[right]) = (merges[pair].Token, Gone);
            next[left] = next[right];
            if (next[left] < tokens.Length)
            {
                previous[next[left]] = left;
                Offer(left);
            }

            if (previous[left] >= 0)
            {
                Offer(previous[left]);
            }
        }

        for (int i = 0; i < tokens.Length; i = next[i])
        {
            ids.Add(tokens[i]);
        }

        void Offer(int at)
        {
            (uint, uint) pair = (tokens[at], tokens[next[at]]);
            if (merges.TryGetValue(pair, out Merge merge))
            {
                open.Enqueue(pair, (merge.Rank, at));
            }
        }
    }
}
