using Aria.Engine.Text;
using CsCheck;

namespace Aria.Engine.Tests.Text;

public class BytePairMergesTests
{
    // Bytes are their own tokens; merges are learned over the letters a to c and what they make.
    private static readonly Gen<Dictionary<(uint, uint), BytePairMerges.Merge>> AnyMerges = Gen.Select(Gen.UInt, Gen.UInt).Array[0, 12].Select(draws =>
    {
        List<uint> tokens = ['a', 'b', 'c'];
        Dictionary<(uint, uint), BytePairMerges.Merge> merges = [];
        foreach ((uint left, uint right) in draws)
        {
            uint next = 256u + (uint)merges.Count;
            if (merges.TryAdd((tokens[(int)(left % tokens.Count)], tokens[(int)(right % tokens.Count)]), new(merges.Count, next)))
            {
                tokens.Add(next);
            }
        }

        return merges;
    });

    private static readonly Gen<byte[]> AnyPiece = Gen.Byte[(byte)'a', (byte)'c'].Array[1, 40];

    [Fact]
    public void TheLowestRank_LeftmostFirst_IsMergedUntilNoneIsLeft() =>
        Gen.Select(AnyMerges, AnyPiece).Sample(
            (merges, piece) =>
            {
                List<uint> ids = [];
                new BytePairMerges([.. Enumerable.Range(0, 256).Select(b => (uint)b)], merges).Encode(piece, ids);
                Assert.Equal(OneAtATime(merges, piece), ids);
            },
            iter: 20_000);

    private static List<uint> OneAtATime(Dictionary<(uint, uint), BytePairMerges.Merge> merges, byte[] piece)
    {
        List<uint> tokens = [.. piece.Select(b => (uint)b)];
        while (true)
        {
            int best = -1;
            for (int i = 0; i + 1 < tokens.Count; i++)
            {
                if (merges.TryGetValue((tokens[i], tokens[i + 1]), out BytePairMerges.Merge merge)
                    && (best < 0 || merge.Rank < merges[(tokens[best], tokens[best + 1])].Rank))
                {
                    best = i;
                }
            }

            if (best < 0)
            {
                return tokens;
            }

            tokens[best] = merges[(tokens[best], tokens[best + 1])].Token;
            tokens.RemoveAt(best + 1);
        }
    }
}
