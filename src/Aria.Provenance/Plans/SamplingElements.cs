using Aria.Provenance.Signatures;
using Aria.Wire.Canonical;

namespace Aria.Provenance.Plans;

/// <summary>
/// Sampling parameters as ten elements (specs/provenance.md §3): floats as their bits, and six that this version holds at their neutral value.
/// </summary>
internal static class SamplingElements
{
    private const uint One = 0x3f800000;
    private const uint Two = 0x40000000;

    public static CanonicalWriter Sampling(this CanonicalWriter writer, in SamplingParameters sampling) => writer.Array(10)
        .UInt(BitConverter.SingleToUInt32Bits(sampling.Temperature)).Int(sampling.TopK)
        .UInt(BitConverter.SingleToUInt32Bits(sampling.TopP)).UInt(sampling.Seed)
        .UInt(0).UInt(One).UInt(0).UInt(0)      // min-p, repetition, frequency, presence
        .Array(0).UInt(0);                      // biases, logprobs

    // Bits of non-negative floats are ordered as the floats are, and -0 and NaN lie above them all.
    public static bool TrySampling(this ref CanonicalReader reader, out SamplingParameters sampling)
    {
        bool ok = reader.TryArray(10)
            & reader.TryUInt(out ulong temperature, Two) & reader.TryInt(out int topK, SamplingParameters.MaxCandidates)
            & reader.TryUInt(out ulong topP, One) & reader.TryUInt(out ulong seed)
            & reader.TryUInt(out ulong minP) & reader.TryUInt(out ulong repetition) & reader.TryUInt(out ulong frequency) & reader.TryUInt(out ulong presence)
            & reader.TryArray(0) & reader.TryUInt(out ulong logprobs);
        sampling = new(BitConverter.UInt32BitsToSingle((uint)temperature), topK, BitConverter.UInt32BitsToSingle((uint)topP), seed);
        return ok && topP > 0 && minP == 0 && repetition == One && frequency == 0 && presence == 0 && logprobs == 0;
    }
}
