using Aria.Engine.Execution;

namespace Aria.Engine.Tests.Execution;

/// <summary>The simplest token loop over a whole model.</summary>
internal static class Generation
{
    public static uint[] Greedy(SpanEngine engine, ReadOnlySpan<uint> prompt, int count)
    {
        int dim = engine.Shape.Dim;
        using KvCache cache = engine.CreateCache(engine.Span.Layers, prompt.Length + count);
        List<uint> answer = [];
        uint[] next = prompt.ToArray();
        Candidate[] best = new Candidate[1];
        while (answer.Count < count)
        {
            float[] rows = new float[next.Length * dim];
            engine.Embed(next, rows);
            engine.Forward(cache, cache.Count, rows);
            engine.Head(rows.AsSpan(rows.Length - dim), best);
            answer.Add(best[0].Token);
            next = [best[0].Token];
        }

        return [.. answer];
    }
}
