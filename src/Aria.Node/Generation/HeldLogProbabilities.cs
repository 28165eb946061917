using System.Collections.Immutable;
using Aria.Engine.Sampling;
using Aria.Engine.Text;
using Aria.Pipeline;

namespace Aria.Node.Generation;

/// <summary>
/// Lets a token's log-probabilities out with its text: held while the text is held, dropped with a stop text. A token that a stop text cuts in two goes out.
/// </summary>
internal sealed class HeldLogProbabilities(TextStream text, SamplingParameters sampling)
{
    private readonly Queue<(TokenLogProbability Entry, long End)> _held = [];

    /// <summary>A token was chosen and pushed into the text, which had <paramref name="start"/> code points before it.</summary>
    public void Add(HeadAnswer answer, uint token, long start)
    {
        if (answer.LogSum is not { } logSum)
        {
            return;
        }

        ReadOnlySpan<Candidate> candidates = answer.Candidates.Span;
        ImmutableArray<RankedToken>.Builder best = ImmutableArray.CreateBuilder<RankedToken>();
        double own = 0;
        for (int rank = 0; rank < candidates.Length; rank++)
        {
            double logProbability = LogSum.LogProbability(candidates[rank], logSum);
            own = candidates[rank].Token == token ? logProbability : own;
            if (rank < sampling.LogProbabilities)
            {
                best.Add(new(candidates[rank].Token, logProbability));
            }
        }

        _held.Enqueue((new(token, start, own, best.DrainToImmutable()), text.Taken));
    }

    /// <summary>What may go out now; at the <paramref name="end"/> all that belongs to the answer.</summary>
    public ImmutableArray<TokenLogProbability> Release(bool end)
    {
        if (_held.Count == 0)
        {
            return [];
        }

        // A token of half a character waits for the rest of it.
        ImmutableArray<TokenLogProbability>.Builder released = ImmutableArray.CreateBuilder<TokenLogProbability>();
        while (_held.TryPeek(out (TokenLogProbability Entry, long End) next)
            && ((end && !text.Stopped) || (next.Entry.TextOffset < text.Released && (text.Stopped || next.End <= text.Released))))
        {
            released.Add(_held.Dequeue().Entry);
        }

        return released.DrainToImmutable();
    }
}
