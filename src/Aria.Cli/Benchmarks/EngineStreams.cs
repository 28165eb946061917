using Aria.Engine.Execution;

namespace Aria.Cli.Benchmarks;

/// <summary>
/// One or several sequences on an engine that holds the whole model, decoded together. Tokenizing and sampling are left out, an end token does not end a run, and prompts are
/// fixed, so that two runs do the same work.
/// </summary>
internal sealed class EngineStreams : IDisposable
{
    // Between pieces a Ctrl-C is heard. A multiple of what the engine takes through its layers at once.
    private const int PieceTokens = 512;
    private const int PromptDistance = 1_000_003;       // between the starts of two sequences' prompts

    private readonly SpanEngine _engine;
    private readonly TimeProvider _time;
    private readonly KvCache[] _caches;
    private readonly float[] _piece;                    // (tokens of a piece, dim)
    private readonly float[] _rows;                     // (sequences, dim)
    private readonly uint[] _tokens;
    private readonly BatchPart[] _parts;
    private readonly HeadQuery[] _queries;
    private readonly Candidate[] _best;
    private readonly NonFiniteException?[] _failures;
    private readonly HeadOutcome[] _outcomes;

    /// <param name="engine">Holds the whole model.</param>
    /// <param name="count">Sequences.</param>
    /// <param name="maxPositions">Tokens of each.</param>
    /// <param name="time">The clock.</param>
    public EngineStreams(SpanEngine engine, int count, int maxPositions, TimeProvider time)
    {
        (_engine, _time) = (engine, time);
        _caches = [.. Enumerable.Range(0, count).Select(_ => engine.CreateCache(engine.Span.Layers, maxPositions))];
        _piece = new float[Math.Min(PieceTokens, maxPositions) * engine.Shape.Dim];
        _rows = new float[count * engine.Shape.Dim];
        (_tokens, _parts, _queries, _best) = (new uint[count], new BatchPart[count], new HeadQuery[count], new Candidate[count]);
        (_failures, _outcomes) = (new NonFiniteException?[count], new HeadOutcome[count]);
        Array.Fill(_queries, new HeadQuery(Candidates: 1));
    }

    /// <summary>Sequences.</summary>
    public int Count => _caches.Length;

    /// <summary>Reads tokens of the fixed prompts, one sequence after the other, until every cache holds <paramref name="positions"/>; then the head for the last ones.</summary>
    /// <returns>How long it took.</returns>
    public TimeSpan ReadPrompts(int positions, CancellationToken cancellationToken)
    {
        int dim = _engine.Shape.Dim;
        uint[][] prompts = [.. _caches.Select((cache, i) => Prompt(positions, _engine.Shape.Vocabulary, i * PromptDistance)[cache.Count..])];
        long began = _time.GetTimestamp();
        for (int i = 0; i < Count; i++)
        {
            for (int done = 0; done < prompts[i].Length; done += PieceTokens)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ReadOnlySpan<uint> piece = prompts[i].AsSpan(done, Math.Min(PieceTokens, prompts[i].Length - done));
                Span<float> rows = _piece.AsSpan(0, piece.Length * dim);
                _engine.Embed(piece, rows);
                _engine.Forward(_caches[i], _caches[i].Count, rows);
                rows[^dim..].CopyTo(_rows.AsSpan(i * dim, dim));
            }
        }

        Choose();
        return _time.GetElapsedTime(began);
    }

    /// <summary>Writes a token of every sequence at a time, always the best one; <paramref name="seconds"/> gets the time that each step took.</summary>
    /// <returns>How long all of them took.</returns>
    public TimeSpan Decode(Span<double> seconds, CancellationToken cancellationToken)
    {
        long began = _time.GetTimestamp();
        long last = began;
        foreach (ref double second in seconds)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _engine.Embed(_tokens, _rows);
            for (int i = 0; i < Count; i++)
            {
                _parts[i] = new(_caches[i], _caches[i].Count, Rows: 1);
            }

            _engine.Forward(_parts, _rows, _failures);
            foreach (NonFiniteException? failure in _failures)
            {
                ThrowIfAny(failure);
            }

            Choose();
            long now = _time.GetTimestamp();
            second = _time.GetElapsedTime(last, now).TotalSeconds;
            last = now;
        }

        return _time.GetElapsedTime(began, last);
    }

    public void Dispose() => Array.ForEach(_caches, cache => cache.Dispose());

    /// <summary>Tokens spread over the vocabulary by a fixed rule (Knuth's multiplicative hash), the same on every machine.</summary>
    internal static uint[] Prompt(int tokens, int vocabulary, int first = 0) =>
        [.. Enumerable.Range(first + 1, tokens).Select(i => unchecked((uint)i * 2_654_435_761u) % (uint)vocabulary)];

    private static void ThrowIfAny(NonFiniteException? failure)
    {
        if (failure is not null)
        {
            throw failure;
        }
    }

    private void Choose()
    {
        _engine.Head(_rows, _queries, _best, _outcomes);
        for (int i = 0; i < Count; i++)
        {
            ThrowIfAny(_outcomes[i].Failure);
            _tokens[i] = _best[i].Token;
        }
    }
}
