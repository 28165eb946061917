using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Aria.Provenance.Activations;

/// <summary>
/// Keyed digests of what crosses a boundary: HMAC-SHA256(K_job, "aria/act/1" ‖ job id ‖ boundary ‖ position ‖ bytes)
/// (specs/provenance.md §5). Boundary 0 carries a token id, boundaries 1 to L a residual row, boundary L + 1 the head's candidates; what else a plan makes them carry stands behind.
/// One caller at a time.
/// </summary>
public sealed class ActivationHash : IDisposable
{
    /// <summary>Size of K_job in bytes.</summary>
    public const int KeySize = 32;

    private const int PrefixSize = 10 + JobId.Size + 4 + 4;

    private readonly IncrementalHash _hmac;
    private readonly byte[] _prefix = new byte[PrefixSize];
    private readonly byte[] _candidates = new byte[(8 * SamplingParameters.MaxCandidates) + 4];

    /// <summary>Digests of one job.</summary>
    /// <exception cref="ArgumentException">The key is not 32 bytes long.</exception>
    public ActivationHash(ReadOnlySpan<byte> jobKey, JobId job)
    {
        if (jobKey.Length != KeySize)
        {
            throw new ArgumentException($"A job's key has {KeySize} bytes, not {jobKey.Length}.", nameof(jobKey));
        }

        _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, jobKey);
        "aria/act/1"u8.CopyTo(_prefix);
        job.ToArray().CopyTo(_prefix, 10);
    }

    /// <summary>The digest of a token id at boundary 0: the id as u32, little-endian.</summary>
    public Digest OfToken(int position, uint token)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, token);
        return Of(0, position, bytes);
    }

    /// <summary>
    /// The digest of a residual row (dim): each float's bits as u32, little-endian; behind it the id of the token at this position, where the plan counts tokens.
    /// </summary>
    public Digest OfRow(int boundary, int position, ReadOnlySpan<float> row, uint? token = null)
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Rows are hashed as they lie in memory, which must be little-endian.");
        }

        Span<byte> carried = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(carried, token ?? 0);
        return Of(boundary, position, MemoryMarshal.AsBytes(row), token is null ? [] : carried);
    }

    /// <summary>
    /// The digest of candidates in their order: for each the id as u32, then the logit's bits as u32, little-endian; behind them the log-sum's bits, where the plan wants it.
    /// </summary>
    public Digest OfCandidates(int boundary, int position, ReadOnlySpan<Candidate> candidates, float? logSum = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(candidates.Length, SamplingParameters.MaxCandidates);
        for (int i = 0; i < candidates.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_candidates.AsSpan(8 * i), candidates[i].Token);
            BinaryPrimitives.WriteSingleLittleEndian(_candidates.AsSpan((8 * i) + 4), candidates[i].Logit);
        }

        BinaryPrimitives.WriteSingleLittleEndian(_candidates.AsSpan(8 * candidates.Length), logSum ?? 0);
        return Of(boundary, position, _candidates.AsSpan(0, (8 * candidates.Length) + (logSum is null ? 0 : 4)));
    }

    /// <summary>The digest of bytes already laid out as above.</summary>
    public Digest Of(int boundary, int position, ReadOnlySpan<byte> bytes) => Of(boundary, position, bytes, []);

    private Digest Of(int boundary, int position, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> more)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_prefix.AsSpan(PrefixSize - 8), checked((uint)boundary));
        BinaryPrimitives.WriteUInt32BigEndian(_prefix.AsSpan(PrefixSize - 4), checked((uint)position));
        _hmac.AppendData(_prefix);
        _hmac.AppendData(bytes);
        _hmac.AppendData(more);
        Span<byte> digest = stackalloc byte[Digest.Size];
        _hmac.GetHashAndReset(digest);
        return new(digest);
    }

    /// <inheritdoc/>
    public void Dispose() => _hmac.Dispose();
}
