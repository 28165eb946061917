using System.Collections.Immutable;
using Aria.Provenance.Signatures;
using Aria.Wire.Canonical;

namespace Aria.Provenance.Plans;

/// <summary>
/// Sampling parameters as ten elements (specs/provenance.md §3), floats as their bits. A plan of version 1 has no penalties and no log-probabilities; one of version 2 has.
/// </summary>
internal static class SamplingElements
{
    private const uint One = 0x3f800000;
    private const uint Two = 0x40000000;
    private const uint Sign = 0x80000000;

    public static CanonicalWriter Sampling(this CanonicalWriter writer, in SamplingParameters sampling)
    {
        writer.Array(10)
            .UInt(BitConverter.SingleToUInt32Bits(sampling.Temperature)).Int(sampling.TopK)
            .UInt(BitConverter.SingleToUInt32Bits(sampling.TopP)).UInt(sampling.Seed)
            .UInt(BitConverter.SingleToUInt32Bits(sampling.MinP))
            .UInt(BitConverter.SingleToUInt32Bits(sampling.Penalties.Repetition))
            .UInt(BitConverter.SingleToUInt32Bits(sampling.Penalties.Frequency))
            .UInt(BitConverter.SingleToUInt32Bits(sampling.Penalties.Presence))
            .Array(sampling.Biases.Span.Length);
        foreach (LogitBias bias in sampling.Biases.Span)
        {
            writer.Array(2).UInt(bias.Token).UInt(BitConverter.SingleToUInt32Bits(bias.Bias));
        }

        return writer.Int(sampling.LogProbabilities);
    }

    // Bits of non-negative floats are ordered as the floats are, and -0 and NaN lie above them all.
    public static bool TrySampling(this ref CanonicalReader reader, int version, out SamplingParameters sampling)
    {
        bool ok = reader.TryArray(10)
            & reader.TryUInt(out ulong temperature, Two) & reader.TryInt(out int topK, SamplingParameters.MaxCandidates)
            & reader.TryUInt(out ulong topP, One) & reader.TryUInt(out ulong seed)
            & reader.TryUInt(out ulong minP, One) & reader.TryUInt(out ulong repetition, Two) & reader.TryUInt32(out uint frequency) & reader.TryUInt32(out uint presence)
            & reader.TryBiases(out LogitBiases biases) & reader.TryInt(out int logProbabilities, SamplingParameters.MaxLogProbabilities);
        sampling = new(BitConverter.UInt32BitsToSingle((uint)temperature), topK, BitConverter.UInt32BitsToSingle((uint)topP), seed)
        {
            MinP = BitConverter.UInt32BitsToSingle((uint)minP),
            Penalties = new(BitConverter.UInt32BitsToSingle((uint)repetition), BitConverter.UInt32BitsToSingle(frequency), BitConverter.UInt32BitsToSingle(presence)),
            Biases = biases,
            LogProbabilities = logProbabilities,
        };
        return ok && topP > 0 && repetition > 0 && IsPenalty(frequency) && IsPenalty(presence) && version == VersionOf(sampling);
    }

    /// <summary>The version of a plan with these parameters: there is one spelling.</summary>
    public static int VersionOf(in SamplingParameters sampling) => sampling.CountsTokens || sampling.WantsLogSum ? 2 : 1;

    // From -2 to 2, without a negative zero.
    private static bool IsPenalty(uint bits) => bits <= Two || (bits > Sign && bits <= (Sign | Two));

    private static bool TryBiases(this ref CanonicalReader reader, out LogitBiases biases)
    {
        biases = default;
        if (!reader.TryArray(out int count, LogitBiases.MaxCount))
        {
            return false;
        }

        ImmutableArray<LogitBias>.Builder all = ImmutableArray.CreateBuilder<LogitBias>(count);
        for (int i = 0; i < count; i++)
        {
            if (!(reader.TryArray(2) & reader.TryUInt32(out uint token) & reader.TryUInt32(out uint bits)))
            {
                return false;
            }

            all.Add(new(token, BitConverter.UInt32BitsToSingle(bits)));
        }

        return LogitBiases.TryOf(all.MoveToImmutable(), out biases);
    }
}
