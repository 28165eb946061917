using System.Collections.Immutable;
using System.Security.Cryptography;
using Aria.Provenance.Activations;
using Aria.Provenance.Signatures;
using Aria.Wire.Canonical;

namespace Aria.Provenance.Receipts;

/// <summary>
/// The digests of every layer's output that a stage keeps for auditors; its receipt commits to them (specs/provenance.md §7).
/// For each position ascending: boundaries Start + 1 to End, then the candidates' digest where the head ran.
/// </summary>
public sealed class StageTrace
{
    /// <summary>Size of the salt in bytes.</summary>
    public const int SaltSize = 32;

    private readonly ImmutableArray<Digest> _digests;

    internal StageTrace(
        JobId job, int epoch, int stage, LayerRange layers, int firstPosition, int positionCount, int? headFirst, Digest salt, ImmutableArray<Digest> digests)
    {
        (Job, Epoch, Stage, Layers, FirstPosition, PositionCount, HeadFirst, Salt, _digests) =
            (job, epoch, stage, layers, firstPosition, positionCount, headFirst, salt, digests);
    }

    /// <summary>The job.</summary>
    public JobId Job { get; }

    /// <summary>The attempt.</summary>
    public int Epoch { get; }

    /// <summary>The stage's index in the plan.</summary>
    public int Stage { get; }

    /// <summary>The stage's layers.</summary>
    public LayerRange Layers { get; }

    /// <summary>First position.</summary>
    public int FirstPosition { get; }

    /// <summary>Number of positions.</summary>
    public int PositionCount { get; }

    /// <summary>First position with candidates; null where none have.</summary>
    public int? HeadFirst { get; }

    /// <summary>The salt of <see cref="Commitment"/>: keeps an auditor from passing off the commitment's opening as an own replay.</summary>
    public Digest Salt { get; }

    /// <summary>What the receipt carries: SHA-256("aria/trace/1" ‖ salt ‖ RFC 6962 root over the digests).</summary>
    public Digest Commitment
    {
        get
        {
            Span<byte> input = stackalloc byte[12 + (2 * Digest.Size)];
            "aria/trace/1"u8.CopyTo(input);
            Salt.Span.CopyTo(input[12..]);
            PositionRoot.Of(_digests.AsSpan()).Span.CopyTo(input[(12 + Digest.Size)..]);
            return Digest.Of(input);
        }
    }

    /// <summary>Root over the residual at the last boundary: what the receipt's out root must be, if the stage has a layer.</summary>
    public Digest OutRoot => RootOf(FirstPosition, position => At(Layers.End, position));

    /// <summary>Root over the candidates; null where none are.</summary>
    public Digest? HeadRoot => HeadFirst is { } first ? RootOf(first, CandidatesAt) : null;

    /// <summary>The digest at a boundary in (Start, End].</summary>
    public Digest At(int boundary, int position)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(boundary, Layers.Start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(boundary, Layers.End);
        return _digests[TraceLayout.Offset(Layers, FirstPosition, HeadFirst, position) + boundary - Layers.Start - 1];
    }

    /// <summary>The candidates' digest at a position from <see cref="HeadFirst"/> on.</summary>
    public Digest CandidatesAt(int position)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(position, HeadFirst ?? int.MaxValue);
        return _digests[TraceLayout.Offset(Layers, FirstPosition, HeadFirst, position) + Layers.Count];
    }

    /// <summary>A fresh salt.</summary>
    public static Digest NewSalt() => new(RandomNumberGenerator.GetBytes(SaltSize));

    /// <summary>The array's bytes.</summary>
    public byte[] Encode()
    {
        byte[] digests = new byte[_digests.Length * Digest.Size];
        for (int i = 0; i < _digests.Length; i++)
        {
            _digests[i].Span.CopyTo(digests.AsSpan(i * Digest.Size));
        }

        CanonicalWriter writer = new CanonicalWriter().Array(11).UInt(Versioned.Current).Job(Job).Int(Epoch).Int(Stage)
            .Int(Layers.Start).Int(Layers.End).Int(FirstPosition).Int(PositionCount);
        writer = HeadFirst is { } first ? writer.Int(first) : writer.Nil();
        return writer.Digest(Salt).Bytes(digests).ToArray();
    }

    /// <summary>Reads the array; whether a receipt commits to it is the reader's question.</summary>
    public static OpenStatus TryDecode(ReadOnlySpan<byte> bytes, out StageTrace? value)
    {
        value = null;
        if (bytes.Length > Limits.TraceBytes)
        {
            return OpenStatus.TooLong;
        }

        CanonicalReader reader = new(bytes);
        if (Versioned.Enter(ref reader, 11) is var status && status != OpenStatus.Done)
        {
            return status;
        }

        int? headFirst = null;
        if (!(reader.TryJob(out JobId job) && reader.TryInt(out int epoch) && reader.TryInt(out int stage, Limits.Stages - 1)
            && reader.TryInt(out int start, Limits.Layers) && reader.TryInt(out int end, Limits.Layers) && start <= end
            && reader.TryInt(out int first, Limits.Positions) && reader.TryInt(out int count, Limits.Positions - first)
            && (reader.TryNil() || TryHeadFirst(ref reader, first, count, out headFirst))
            && reader.TryDigest(out Digest salt) && reader.TryBytes(out ReadOnlySpan<byte> raw, 0, Limits.TraceBytes) && reader.AtEnd
            && raw.Length == TraceLayout.Length(end - start, first, count, headFirst) * Digest.Size))
        {
            return OpenStatus.NotCanonical;
        }

        ImmutableArray<Digest>.Builder digests = ImmutableArray.CreateBuilder<Digest>(raw.Length / Digest.Size);
        for (int i = 0; i < raw.Length; i += Digest.Size)
        {
            digests.Add(new(raw.Slice(i, Digest.Size)));
        }

        value = new(job, epoch, stage, LayerRange.Of(start, end), first, count, headFirst, salt, digests.MoveToImmutable());
        return OpenStatus.Done;
    }

    private static bool TryHeadFirst(ref CanonicalReader reader, int first, int count, out int? headFirst)
    {
        bool ok = reader.TryInt(out int value, Limits.Positions) && value >= first && value < first + count;
        headFirst = ok ? value : null;
        return ok;
    }

    private Digest RootOf(int from, Func<int, Digest> at)
    {
        Digest[] digests = new Digest[FirstPosition + PositionCount - from];
        for (int i = 0; i < digests.Length; i++)
        {
            digests[i] = at(from + i);
        }

        return PositionRoot.Of(digests);
    }
}

/// <summary>Where a position's digests stand in a trace.</summary>
internal static class TraceLayout
{
    public static int Offset(LayerRange layers, int firstPosition, int? headFirst, int position) =>
        checked((int)Length(layers.Count, firstPosition, position - firstPosition, headFirst));

    // Digests of count positions: one for each layer, one more from headFirst on.
    public static long Length(int layers, int firstPosition, int count, int? headFirst) =>
        ((long)layers * count) + (headFirst is { } head ? Math.Max(0, firstPosition + count - head) : 0);
}
