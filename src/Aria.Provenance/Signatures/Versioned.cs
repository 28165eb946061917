using Aria.Wire.Canonical;

namespace Aria.Provenance.Signatures;

/// <summary>The first two steps of every decoder here: the array, and the version that its first element is.</summary>
internal static class Versioned
{
    public const int Current = 1;

    public static OpenStatus Enter(ref CanonicalReader reader, int count) => Enter(ref reader, [count], out _);

    // Another version may have another number of elements, so it is asked for first. Versions go from 1 to as many as there are counts.
    public static OpenStatus Enter(ref CanonicalReader reader, scoped ReadOnlySpan<int> counts, out int version)
    {
        version = 0;
        if (!reader.TryArray(out int actual, 64) || actual == 0 || !reader.TryUInt(out ulong read))
        {
            return OpenStatus.NotCanonical;
        }

        if (read == 0 || read > (ulong)counts.Length)
        {
            return OpenStatus.UnknownVersion;
        }

        version = (int)read;
        return actual == counts[version - 1] ? OpenStatus.Done : OpenStatus.NotCanonical;
    }
}
