using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Aria.Engine.Sampling;

/// <summary>
/// Chooses the next token from the head's ordered candidates: a function of candidates, parameters and position alone, the same on every
/// machine (specs/sampling.md).
/// </summary>
public static class Sampler
{
    /// <summary>The token for <paramref name="position"/>.</summary>
    /// <param name="candidates">(count), by logit descending, then id ascending; finite; 1 to <see cref="SamplingParameters.MaxCandidates"/>.</param>
    /// <param name="parameters">Within the ranges that it documents.</param>
    /// <param name="position">Absolute index, from the BOS on, of the token that is being chosen.</param>
    /// <exception cref="ArgumentException">No or too many candidates, or a parameter out of its range.</exception>
    public static uint Choose(ReadOnlySpan<Candidate> candidates, in SamplingParameters parameters, long position)
    {
        Check(candidates, parameters, position);
        if (parameters.IsGreedy)
        {
            return candidates[0].Token;
        }

        int kept = parameters.TopK == 0 ? candidates.Length : Math.Min(parameters.TopK, candidates.Length);
        Span<double> sums = stackalloc double[SamplingParameters.MaxCandidates];
        sums = sums[..kept];
        sums = sums[..Accumulate(candidates, parameters, sums)];
        if (parameters.TopP < 1)
        {
            sums = sums[..(FirstAtLeast(sums, parameters.TopP * sums[^1]) + 1)];
        }

        return candidates[FirstAbove(sums, Uniform(parameters.Seed, position) * sums[^1])].Token;
    }

    /// <summary>The number in [0, 1) that decides at <paramref name="position"/>: 53 bits of a hash (specs/sampling.md §2).</summary>
    internal static double Uniform(ulong seed, long position)
    {
        ReadOnlySpan<byte> purpose = "aria/sample/1"u8;
        Span<byte> input = stackalloc byte[purpose.Length + sizeof(ulong) + sizeof(ulong)];
        purpose.CopyTo(input);
        BinaryPrimitives.WriteUInt64LittleEndian(input[purpose.Length..], seed);
        BinaryPrimitives.WriteUInt64LittleEndian(input[(purpose.Length + sizeof(ulong))..], (ulong)position);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        return (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * (1.0 / (1L << 53));
    }

    // sums[i] = the weights of candidates 0..i, added in that order; returns how many min-p keeps.
    private static int Accumulate(ReadOnlySpan<Candidate> candidates, in SamplingParameters parameters, Span<double> sums)
    {
        double best = candidates[0].Logit;
        double sum = 0;
        for (int i = 0; i < sums.Length; i++)
        {
            double below = candidates[i].Logit - best;
            double weight = OrderedExp.Of(below / parameters.Temperature);
            if (weight < parameters.MinP)
            {
                return i;
            }

            sum += weight;
            sums[i] = sum;
        }

        return sums.Length;
    }

    private static int FirstAtLeast(ReadOnlySpan<double> sums, double mass)
    {
        int at = 0;
        while (at < sums.Length - 1 && sums[at] < mass)
        {
            at++;
        }

        return at;
    }

    private static int FirstAbove(ReadOnlySpan<double> sums, double threshold)
    {
        int at = 0;
        while (at < sums.Length - 1 && sums[at] <= threshold)
        {
            at++;
        }

        return at;
    }

    private static void Check(ReadOnlySpan<Candidate> candidates, in SamplingParameters parameters, long position)
    {
        if (candidates.IsEmpty || candidates.Length > SamplingParameters.MaxCandidates)
        {
            throw new ArgumentException(
                $"The head returns 1 to {SamplingParameters.MaxCandidates} candidates, not {candidates.Length}.", nameof(candidates));
        }

        if (!parameters.IsValid)
        {
            throw new ArgumentException($"Out of range: {parameters}.", nameof(parameters));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(position);
    }
}
