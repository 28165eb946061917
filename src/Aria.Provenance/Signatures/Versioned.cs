using Aria.Wire.Canonical;

namespace Aria.Provenance.Signatures;

/// <summary>The first two steps of every decoder here: the array, and the version that its first element is.</summary>
internal static class Versioned
{
    public const int Current = 1;

    // Another version may have another number of elements, so it is asked for first.
    public static OpenStatus Enter(ref CanonicalReader reader, int count)
    {
        if (!reader.TryArray(out int actual, 64) || actual == 0 || !reader.TryUInt(out ulong version))
        {
            return OpenStatus.NotCanonical;
        }

        return version != Current ? OpenStatus.UnknownVersion : actual == count ? OpenStatus.Done : OpenStatus.NotCanonical;
    }
}
