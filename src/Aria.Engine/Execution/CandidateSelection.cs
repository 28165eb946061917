using System.Numerics;
using System.Runtime.Intrinsics;

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
        for (int parent = (n / 2) - 1; parent >= 0; parent--)
        {
            Sink(room, parent);
        }

        // Most values are below: eight are looked at together.
        int at = n;
        for (int next = n; next < values.Length; next = at)
        {
            ReadOnlySpan<float> rest = values[next..];
            at = next + Math.Min(rest.Length, Vector256<float>.Count);
            if (rest.Length >= Vector256<float>.Count && !Vector256.GreaterThanAny(Vector256.Create(rest), Vector256.Create(room[0])))
            {
                continue;
            }

            foreach (float value in values[next..at])
            {
                if (value > room[0])
                {
                    room[0] = value;
                    Sink(room, 0);
                }
            }
        }

        return room[0];
    }

    /// <summary>Fills <paramref name="indices"/> with those of the values that are at least the threshold, ascending, and returns how many.</summary>
    public static int AtLeast(ReadOnlySpan<float> values, float threshold, Span<int> indices)
    {
        int count = 0;
        int i = 0;
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            uint mask = Vector256.GreaterThanOrEqual(Vector256.Create(values[i..]), Vector256.Create(threshold)).ExtractMostSignificantBits();
            for (; mask != 0; mask &= mask - 1)
            {
                indices[count++] = i + BitOperations.TrailingZeroCount(mask);
            }
        }

        for (; i < values.Length; i++)
        {
            if (values[i] >= threshold)
            {
                indices[count++] = i;
            }
        }

        return count;
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
