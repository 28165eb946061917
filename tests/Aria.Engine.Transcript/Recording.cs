using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Aria.Engine.Execution;

namespace Aria.Engine.Transcript;

/// <summary>What a sequence gave: of each position its rows at all boundaries and its candidates.</summary>
/// <param name="boundaries">(boundaries; positions, dim)</param>
/// <param name="dim">Numbers in a row.</param>
/// <param name="candidates">(positions, candidatesEach)</param>
/// <param name="candidatesEach">Of a position.</param>
public sealed class Recording(float[][] boundaries, int dim, Candidate[] candidates, int candidatesEach)
{
    internal float[][] Boundaries => boundaries;

    internal Candidate[] Candidates => candidates;

    internal int CandidatesEach => candidatesEach;

    /// <summary>The transcript digest (specs/numerics.md §8).</summary>
    public Digest Digest => Hash(0, boundaries[0].Length / dim);

    /// <summary>That of one position alone.</summary>
    public Digest At(int position) => Hash(position, position + 1);

    private Digest Hash(int start, int end)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] bytes = new byte[8];
        for (int position = start; position < end; position++)
        {
            foreach (float[] boundary in boundaries)
            {
                hash.AppendData(MemoryMarshal.AsBytes(boundary.AsSpan(position * dim, dim)));
            }

            foreach (Candidate candidate in candidates.AsSpan(position * candidatesEach, candidatesEach))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, candidate.Token);
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4), candidate.Logit);
                hash.AppendData(bytes);
            }
        }

        return new(hash.GetHashAndReset());
    }
}
