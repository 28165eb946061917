using System.Collections.Immutable;
using Aria.Provenance.Signatures;
using Aria.Wire.Canonical;

namespace Aria.Provenance.Plans;

/// <summary>
/// Sampling parameters as ten elements (specs/provenance.md §3): floats as their bits, and four that this version holds at their neutral value.
/// </summary>
internal static class SamplingElements
{
    private const uint One = 0x3f800000;
    private const uint Two = 0x40000000;

    public static CanonicalWriter Sampling(this CanonicalWriter writer, in SamplingParameters sampling)
    {
        writer.Array(10)
            .UInt(BitConverter.SingleToUInt32Bits(sampling.Temperature)).Int(sampling.TopK)
            .UInt(BitConverter.SingleToUInt32Bits(sampling.TopP)).UInt(sampling.Seed)
            .UInt(BitConverter.SingleToUInt32Bits(sampling.MinP))
            .UInt(One).UInt(0).UInt(0)          // repetition, frequency, presence
            .Array(sampling.Biases.Span.Length);
        foreach (LogitBias bias in sampling.Biases.Span)
        {
            writer.Array(2).UInt(bias.Token).UInt(BitConverter.SingleToUInt32Bits(bias.Bias));
        }

        return writer.UInt(0);                  // logprobs
    }

    // Bits of non-negative floats are ordered as the floats are, and -0 and NaN lie above them all.
    public static bool TrySampling(this ref CanonicalReader reader, out SamplingParameters sampling)
    {
        bool ok = reader.TryArray(10)
            & reader.TryUInt(out ulong temperature, Two) & reader.TryInt(out int topK, SamplingParameters.MaxCandidates)
            & reader.TryUInt(out ulong topP, One) & reader.TryUInt(out ulong seed)
            & reader.TryUInt(out ulong minP, One) & reader.TryUInt(out ulong repetition) & reader.TryUInt(out ulong frequency) & reader.TryUInt(out ulong presence)
            & reader.TryBiases(out LogitBiases biases) & reader.TryUInt(out ulong logprobs);
        sampling = new(BitConverter.UInt32BitsToSingle((uint)temperature), topK, BitConverter.UInt32BitsToSingle((uint)topP), seed)
        {
            MinP = BitConverter.UInt32BitsToSingle((uint)minP),
            Biases = biases,
        };
        return ok && topP > 0 && repetition == One && frequency == 0 && presence == 0 && logprobs == 0;
    }

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
