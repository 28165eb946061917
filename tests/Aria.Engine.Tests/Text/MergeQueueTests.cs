using Aria.Engine.Text;
using CsCheck;

namespace Aria.Engine.Tests.Text;

public class MergeQueueTests
{
    // Letters are their own tokens; merges are learned over a to c and what they make, under texts that no other token has.
    private static readonly Gen<Dictionary<string, int>> AnyRanks = Gen.Select(Gen.UInt, Gen.UInt).Array[0, 12].Select(draws =>
    {
        List<string> tokens = ["a", "b", "c"];
        Dictionary<string, int> ranks = [];
        foreach ((uint left, uint right) in draws)
        {
            string joined = tokens[(int)(left % tokens.Count)] + tokens[(int)(right % tokens.Count)];
            if (joined.Length < 20 && ranks.TryAdd(joined, ranks.Count))
            {
                tokens.Add(joined);
            }
        }

        return ranks;
    });

    private static readonly Gen<string> AnyText = Gen.Char['a', 'c'].Array[1, 40].Select(chars => new string(chars));

    private static (string[] Parts, long Lookups) Run(Dictionary<string, int> ranks, string text)
    {
        MergeQueue.Symbol[] symbols = [.. text.Select((_, i) => new MergeQueue.Symbol(i, 1, 0))];
        Rule rule = new(ranks, text);
        int count = new MergeQueue().Run(ref rule, symbols);
        return ([.. symbols[..count].Select(symbol => text.Substring(symbol.Start, symbol.Length))], rule.Lookups);
    }

    [Fact]
    public void TheLowestOrder_LeftmostFirst_IsJoinedUntilNoneIsLeft() =>
        Gen.Select(AnyRanks, AnyText).Sample((ranks, text) => Assert.Equal(OneAtATime(ranks, text), Run(ranks, text).Parts), iter: 20_000);

    [Fact]
    public void ThreeLookupsASymbol_AreEnough_WhateverTheText() =>
        Gen.Select(AnyRanks, AnyText).Sample((ranks, text) => Assert.True(Run(ranks, text).Lookups <= 3 * text.Length), iter: 20_000);

    [Fact]
    public void AQueue_IsUsedAgain()
    {
        MergeQueue queue = new();
        foreach (string text in (string[])["abab", "a", "ababab", "ab"])
        {
            MergeQueue.Symbol[] symbols = [.. text.Select((_, i) => new MergeQueue.Symbol(i, 1, 0))];
            Rule rule = new(new() { ["ab"] = 0 }, text);
            Assert.Equal((text.Length + 1) / 2, queue.Run(ref rule, symbols));
        }
    }

    private static List<string> OneAtATime(Dictionary<string, int> ranks, string text)
    {
        List<string> parts = [.. text.Select(c => c.ToString())];
        while (true)
        {
            int best = -1;
            for (int i = 0; i + 1 < parts.Count; i++)
            {
                if (ranks.TryGetValue(parts[i] + parts[i + 1], out int rank) && (best < 0 || rank < ranks[parts[best] + parts[best + 1]]))
                {
                    best = i;
                }
            }

            if (best < 0)
            {
                return parts;
            }

            parts[best] += parts[best + 1];
            parts.RemoveAt(best + 1);
        }
    }

    private struct Rule(Dictionary<string, int> ranks, string text) : MergeQueue.IRule
    {
        public long Lookups { get; private set; }

        public bool TryJoin(in MergeQueue.Symbol left, in MergeQueue.Symbol right, out uint order, out uint token)
        {
            Lookups++;
            bool found = ranks.TryGetValue(text.Substring(left.Start, left.Length + right.Length), out int rank);
            (order, token) = ((uint)rank, (uint)rank);
            return found;
        }
    }
}
