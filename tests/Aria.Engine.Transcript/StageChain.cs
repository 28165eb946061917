using Aria.Engine.Execution;
using Aria.Engine.Models;

namespace Aria.Engine.Transcript;

/// <summary>A model cut into equal stages, each an engine of its own, run one after the other as a pipeline does.</summary>
public sealed class StageChain : IDisposable
{
    private readonly ModelShape _shape;
    private readonly SpanEngine[] _stages;

    /// <summary>Cuts <paramref name="model"/> into <paramref name="stages"/> parts; the first embeds, the last has the head.</summary>
    public StageChain(ModelFile model, int stages, EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        _shape = model.Shape;
        int Cut(int stage) => _shape.Layers * stage / stages;
        _stages =
        [
            .. Enumerable.Range(0, stages).Select(i => new SpanEngine(
                model, new(i == 0, LayerRange.Of(Cut(i), Cut(i + 1)), i == stages - 1), options)),
        ];
    }

    /// <summary>The kernels in use.</summary>
    public string Kernels => _stages[0].Kernels;

    /// <summary>What comes of <paramref name="tokens"/> given in chunks, computed together with other sequences.</summary>
    /// <param name="tokens">The sequence.</param>
    /// <param name="chunk">Positions at once.</param>
    /// <param name="candidates">Of the head, at every position.</param>
    /// <param name="company">Other sequences in the same calls: other tokens, other chunks. Nothing of them is returned.</param>
    public Recording Run(ReadOnlySpan<uint> tokens, int chunk, int candidates, int company = 0)
    {
        int length = tokens.Length * _shape.Dim;
        using Sequence own = new(tokens.ToArray(), chunk, _stages);
        uint[] turned = tokens.ToArray();
        List<Sequence> together = [own];
        for (int i = 0; i < company; i++)
        {
            turned = [.. turned[5..], .. turned[..5]];
            together.Insert(i % 2 == 0 ? 0 : together.Count, new([.. turned], 1 + (3 * i), _stages));
        }

        Recording recording = new([.. Enumerable.Range(0, _shape.Layers + 1).Select(_ => new float[length])], _shape.Dim, new Candidate[tokens.Length * candidates], candidates);
        while (own.Done < tokens.Length)
        {
            Step([.. together.Where(sequence => sequence.Next.Length > 0)], own, recording);
        }

        together.Where(sequence => sequence != own).ToList().ForEach(sequence => sequence.Dispose());
        return recording;
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_stages, stage => stage.Dispose());

    // The next chunk of every sequence through all stages, and the head at each of its positions.
    private void Step(Sequence[] together, Sequence own, Recording recording)
    {
        (float[][] boundaries, int candidates) = (recording.Boundaries, recording.CandidatesEach);
        int count = together.Sum(sequence => sequence.Next.Length);
        float[] rows = new float[count * _shape.Dim];
        uint[] tokens = [.. together.SelectMany(sequence => sequence.Next.ToArray())];
        _stages[0].Embed(tokens, rows);
        int first = together.TakeWhile(sequence => sequence != own).Sum(sequence => sequence.Next.Length);
        rows.AsSpan(first * _shape.Dim, own.Next.Length * _shape.Dim).CopyTo(boundaries[0].AsSpan(own.Done * _shape.Dim));
        void Observe(int boundary, int position, ReadOnlySpan<float> row) => row.CopyTo(boundaries[boundary].AsSpan(position * _shape.Dim));
        NonFiniteException?[] failures = new NonFiniteException?[together.Length];
        for (int i = 0; i < _stages.Length; i++)
        {
            BatchPart[] parts = [.. together.Select(sequence => new BatchPart(sequence.Caches[i], sequence.Done, sequence.Next.Length, sequence == own ? Observe : null))];
            _stages[i].Forward(parts, rows, failures);
            if (failures.FirstOrDefault(failure => failure is not null) is { } failure)
            {
                throw failure;
            }
        }

        HeadQuery[] queries = new HeadQuery[count];
        Array.Fill(queries, new(candidates));
        Candidate[] all = new Candidate[count * candidates];
        _stages[^1].Head(rows, queries, all, new HeadOutcome[count]);
        all.AsSpan(first * candidates, own.Next.Length * candidates).CopyTo(recording.Candidates.AsSpan(own.Done * candidates));
        Array.ForEach(together, sequence => sequence.Advance());
    }

    /// <summary>One sequence's tokens, how far it is, and its caches, one a stage.</summary>
    private sealed class Sequence(uint[] tokens, int chunk, SpanEngine[] stages) : IDisposable
    {
        public KvCache[] Caches { get; } = [.. stages.Select(stage => stage.CreateCache(stage.Span.Layers, tokens.Length))];

        public int Done { get; private set; }

        public ReadOnlySpan<uint> Next => tokens.AsSpan(Done, Math.Min(chunk, tokens.Length - Done));

        public void Advance() => Done += Next.Length;

        public void Dispose() => Array.ForEach(Caches, cache => cache.Dispose());
    }
}
