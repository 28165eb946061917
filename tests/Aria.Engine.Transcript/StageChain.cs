using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
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

    /// <summary>The transcript digest of <paramref name="tokens"/> given in chunks.</summary>
    public Digest Run(ReadOnlySpan<uint> tokens, int chunk, int candidates)
    {
        int length = tokens.Length * _shape.Dim;
        float[][] boundaries = [.. Enumerable.Range(0, _shape.Layers + 1).Select(_ => new float[length])];
        int positions = tokens.Length;
        KvCache[] caches = [.. _stages.Select(stage => stage.CreateCache(stage.Span.Layers, positions))];
        for (int start = 0; start < tokens.Length; start += chunk)
        {
            ReadOnlySpan<uint> part = tokens.Slice(start, Math.Min(chunk, tokens.Length - start));
            float[] rows = new float[part.Length * _shape.Dim];
            _stages[0].Embed(part, rows);
            rows.CopyTo(boundaries[0], start * _shape.Dim);
            for (int i = 0; i < _stages.Length; i++)
            {
                _stages[i].Forward(caches[i], start, rows, (boundary, position, row) => row.CopyTo(boundaries[boundary].AsSpan(position * _shape.Dim)));
            }
        }

        Array.ForEach(caches, cache => cache.Dispose());
        return Hash(boundaries, tokens.Length, candidates);
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_stages, stage => stage.Dispose());

    private Digest Hash(float[][] boundaries, int positions, int count)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Candidate[] candidates = new Candidate[count];
        byte[] bytes = new byte[8];
        for (int position = 0; position < positions; position++)
        {
            foreach (float[] boundary in boundaries)
            {
                hash.AppendData(MemoryMarshal.AsBytes(boundary.AsSpan(position * _shape.Dim, _shape.Dim)));
            }

            _stages[^1].Head(boundaries[^1].AsSpan(position * _shape.Dim, _shape.Dim), candidates);
            foreach (Candidate candidate in candidates)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, candidate.Token);
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4), candidate.Logit);
                hash.AppendData(bytes);
            }
        }

        return new(hash.GetHashAndReset());
    }
}
