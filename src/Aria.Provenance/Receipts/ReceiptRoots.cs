using Aria.Provenance.Activations;

namespace Aria.Provenance.Receipts;

/// <summary>
/// Gathers the digests of what a stage reads, computes and answers, position by position, and gives its receipt's roots and its trace.
/// Each boundary takes positions ascending without a gap; the boundaries among themselves come in any order, so whole chunks can pass
/// layer by layer. One caller at a time.
/// </summary>
public sealed class ReceiptRoots : IDisposable
{
    private readonly ActivationHash _hash;
    private readonly JobId _job;
    private readonly StageSpan _span;
    private readonly int _first;
    private readonly int _headFrom;                 // int.MaxValue: no head here
    private readonly int _maxPositions;
    private readonly bool _countsTokens;
    private readonly int[] _next;                   // [0] the input, [i] boundary Start + i: the position it awaits
    private int _headNext;
    private uint[] _tokens = [];                    // by position, where they are counted
    private int _tokensNext;
    private Digest[] _in = new Digest[64];
    private Digest[] _trace = new Digest[64];

    /// <summary>Digests of one attempt at one job.</summary>
    /// <param name="jobKey">K_job, 32 bytes.</param>
    /// <param name="job">The job.</param>
    /// <param name="span">What the stage runs.</param>
    /// <param name="firstPosition">The attempt's first position.</param>
    /// <param name="headFrom">First position whose candidates are wanted; of no matter without the head.</param>
    /// <param name="maxPositions">Most positions taken.</param>
    /// <param name="countsTokens">Whether rows carry their tokens, because the plan's penalties count them.</param>
    public ReceiptRoots(ReadOnlySpan<byte> jobKey, JobId job, StageSpan span, int firstPosition, int headFrom, int maxPositions, bool countsTokens = false)
    {
        _countsTokens = countsTokens;
        _tokensNext = firstPosition;
        _hash = new(jobKey, job);
        _job = job;
        _span = span;
        _first = firstPosition;
        _maxPositions = maxPositions;
        _headFrom = span.Head ? Math.Max(firstPosition, headFrom) : int.MaxValue;
        _headNext = _headFrom;
        _next = new int[span.Layers.Count + 1];
        Array.Fill(_next, firstPosition);
    }

    /// <summary>Positions through every layer, and through the head where it was due.</summary>
    public int PositionCount
    {
        get
        {
            int end = _next.Min();
            return (end > _headFrom ? Math.Min(end, _headNext) : end) - _first;
        }
    }

    /// <summary>Root over the input of the complete positions.</summary>
    public Digest InRoot => PositionRoot.Of(_in.AsSpan(0, PositionCount));

    /// <summary>Root over the residual behind the last layer.</summary>
    public Digest OutRoot => _span.Layers.IsEmpty ? InRoot : RootOf(_first, _span.Layers.Count - 1);

    /// <summary>Root over the candidates; null where none were due yet.</summary>
    public HeadRoot? Head =>
        HeadCount is var count and > 0 ? new(_headFrom, count, RootOf(_headFrom, _span.Layers.Count)) : null;

    private int HeadCount => _headFrom == int.MaxValue ? 0 : Math.Max(0, _first + PositionCount - _headFrom);

    private int? HeadFirst => _headFrom == int.MaxValue ? null : _headFrom;

    /// <summary>Token ids, the input of the stage that embeds.</summary>
    public void AddTokens(int position, ReadOnlySpan<uint> tokens)
    {
        if (_span.InBoundary != 0)
        {
            throw new InvalidOperationException($"Stage {_span} reads rows, not tokens.");
        }

        AddCarriedTokens(position, tokens);
        foreach (uint token in tokens)
        {
            Take(ref _next[0], position, 0);
            Grow(ref _in, position - _first + 1);
            _in[position - _first] = _hash.OfToken(position, token);
            position++;
        }
    }

    /// <summary>
    /// Where tokens are counted: those that stand beside a later stage's next rows, before these rows come. Otherwise they are of no matter.
    /// </summary>
    public void AddCarriedTokens(int position, ReadOnlySpan<uint> tokens)
    {
        if (_countsTokens)
        {
            int at = position - _first;
            if (position != _tokensNext || at + tokens.Length > _maxPositions)
            {
                throw new ArgumentOutOfRangeException(nameof(position), position, $"Tokens are awaited at position {_tokensNext}, {_maxPositions} of them at most.");
            }

            Grow(ref _tokens, at + tokens.Length);
            tokens.CopyTo(_tokens.AsSpan(at));
            _tokensNext += tokens.Length;
        }
    }

    /// <summary>A row at a boundary from Start to End: the input at Start (unless the stage embeds), a layer's output above it.</summary>
    public void AddRow(int boundary, int position, ReadOnlySpan<float> row)
    {
        if (boundary < _span.Layers.Start || boundary > _span.Layers.End || boundary == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(boundary), boundary, $"Stage {_span} has no row there.");
        }

        int slot = boundary - _span.Layers.Start;
        Take(ref _next[slot], position, boundary);
        if (_countsTokens && position >= _tokensNext)
        {
            throw new InvalidOperationException($"The token at position {position} is not known.");
        }

        Digest digest = _hash.OfRow(boundary, position, row, _countsTokens ? _tokens[position - _first] : null);
        if (slot == 0)
        {
            Grow(ref _in, position - _first + 1);
            _in[position - _first] = digest;
        }
        else
        {
            Put(position, slot - 1, digest);
        }
    }

    /// <summary>The head's answer at a position from headFrom on.</summary>
    public void AddCandidates(int position, ReadOnlySpan<Candidate> candidates, float? logSum = null)
    {
        if (_headFrom == int.MaxValue)
        {
            throw new InvalidOperationException($"Stage {_span} has no head.");
        }

        int boundary = _span.Layers.End + 1;
        Take(ref _headNext, position, boundary);
        Put(position, _span.Layers.Count, _hash.OfCandidates(boundary, position, candidates, logSum));
    }

    /// <summary>The trace of the complete positions.</summary>
    public StageTrace Trace(int epoch, int stage, Digest salt)
    {
        int? headFirst = HeadCount > 0 ? _headFrom : null;
        int length = checked((int)TraceLayout.Length(_span.Layers.Count, _first, PositionCount, headFirst));
        return new(_job, epoch, stage, _span.Layers, _first, PositionCount, headFirst, salt, [.. _trace.AsSpan(0, Math.Min(length, _trace.Length))]);
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private void Take(ref int next, int position, int boundary)
    {
        if (position != next)
        {
            throw new ArgumentOutOfRangeException(nameof(position), position, $"Boundary {boundary} awaits position {next}.");
        }

        if (position - _first >= _maxPositions)
        {
            throw new InvalidOperationException($"The stage takes {_maxPositions} positions and no more.");
        }

        next++;
    }

    private void Put(int position, int slot, Digest digest)
    {
        int index = TraceLayout.Offset(_span.Layers, _first, HeadFirst, position) + slot;
        Grow(ref _trace, index + 1);
        _trace[index] = digest;
    }

    private Digest RootOf(int from, int slot)
    {
        Digest[] digests = new Digest[_first + PositionCount - from];
        for (int i = 0; i < digests.Length; i++)
        {
            digests[i] = _trace[TraceLayout.Offset(_span.Layers, _first, HeadFirst, from + i) + slot];
        }

        return PositionRoot.Of(digests);
    }

    private static void Grow<T>(ref T[] array, int length)
    {
        if (length > array.Length)
        {
            Array.Resize(ref array, Math.Max(length, 2 * array.Length));
        }
    }
}
