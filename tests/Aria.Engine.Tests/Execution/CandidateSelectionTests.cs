using Aria.Engine.Execution;
using Aria.Testing;

namespace Aria.Engine.Tests.Execution;

public class CandidateSelectionTests
{
    [Fact]
    public void TheBest_AreThoseThatSortingFinds_TiesByTheLowerToken()
    {
        Random random = TestSeed.Random();
        for (int round = 0; round < 300; round++)
        {
            float[] logits = [.. Enumerable.Range(0, random.Next(1, 300)).Select(_ => random.Next(4) == 0 ? -0f : random.Next(-6, 7) / 2f)];
            Candidate[] best = new Candidate[random.Next(0, logits.Length + 1)];
            CandidateSelection.Best(logits, best);
            Candidate[] sorted = [.. logits.Select((logit, token) => new Candidate((uint)token, logit)).OrderByDescending(one => one.Logit).ThenBy(one => one.Token)];
            Assert.Equal(sorted[..best.Length], best);
        }
    }
}
