namespace Aria.Engine.Execution;

/// <summary>The best of all logits: by logit descending, then by token ascending.</summary>
internal static class CandidateSelection
{
    /// <summary>Fills <paramref name="best"/>, which has at most as many places as there are logits, all of them finite.</summary>
    public static void Best(ReadOnlySpan<float> logits, Span<Candidate> best)
    {
        // A heap with the worst of the chosen on top, so that most logits cost one comparison; then it is taken apart from the worst up.
        for (int token = 0; token < best.Length; token++)
        {
            best[token] = new((uint)token, logits[token]);
        }

        for (int at = (best.Length / 2) - 1; at >= 0; at--)
        {
            Sink(best, at);
        }

        for (int token = best.Length; token < logits.Length && !best.IsEmpty; token++)
        {
            // Later tokens lose ties, so only a larger logit matters.
            if (logits[token] > best[0].Logit)
            {
                best[0] = new((uint)token, logits[token]);
                Sink(best, 0);
            }
        }

        for (int left = best.Length - 1; left > 0; left--)
        {
            (best[0], best[left]) = (best[left], best[0]);
            Sink(best[..left], 0);
        }
    }

    /// <summary>The <paramref name="n"/>-th largest of <paramref name="values"/>, with <paramref name="room"/> for n of them.</summary>
    public static float Nth(ReadOnlySpan<float> values, int n, Span<float> room)
    {
        // The n largest so far in a heap with the least on top.
        room = room[..n];
        values[..n].CopyTo(room);
        for (int at = (n / 2) - 1; at >= 0; at--)
        {
            Sink(room, at);
        }

        foreach (float value in values[n..])
        {
            if (value > room[0])
            {
                room[0] = value;
                Sink(room, 0);
            }
        }

        return room[0];
    }

    private static void Sink(Span<float> heap, int at)
    {
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= heap.Length)
            {
                return;
            }

            if (child + 1 < heap.Length && heap[child + 1] < heap[child])
            {
                child++;
            }

            if (heap[child] >= heap[at])
            {
                return;
            }

            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }

    private static void Sink(Span<Candidate> heap, int at)
    {
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= heap.Length)
            {
                return;
            }

            if (child + 1 < heap.Length && Worse(heap[child + 1], heap[child]))
            {
                child++;
            }

            if (!Worse(heap[child], heap[at]))
            {
                return;
            }

            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }

    private static bool Worse(Candidate left, Candidate right) =>
        left.Logit < right.Logit || (left.Logit == right.Logit && left.Token > right.Token);
}
