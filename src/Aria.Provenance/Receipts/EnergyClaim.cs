using Aria.Provenance.Signatures;
using Aria.Wire.Canonical;

namespace Aria.Provenance.Receipts;

/// <summary>How energy was told. The numbers stand on the wire.</summary>
public enum EnergyMethod
{
    /// <summary>Not told.</summary>
    None = 0,

    /// <summary>The processor's own counters.</summary>
    Rapl = 1,

    /// <summary>A meter outside the machine.</summary>
    External = 2,

    /// <summary>A range from the processor's thermal design power.</summary>
    EstimateTdp = 3,
}

/// <summary>The names that people see.</summary>
public static class EnergyMethodNames
{
    extension(EnergyMethod method)
    {
        /// <summary>none, rapl, external or estimate-tdp.</summary>
        public string Name => method switch
        {
            EnergyMethod.Rapl => "rapl",
            EnergyMethod.External => "external",
            EnergyMethod.EstimateTdp => "estimate-tdp",
            _ => "none",
        };
    }
}

/// <summary>A claimed range of energy in millijoules; never proven, so always shown with its method.</summary>
public readonly record struct EnergyClaim(EnergyMethod Method, long LowMillijoules, long HighMillijoules)
{
    /// <summary>No claim.</summary>
    public static EnergyClaim None => default;

    /// <summary>The sum of claims that share one method; claims of different methods do not add up, and so give no claim.</summary>
    public static EnergyClaim Total(IEnumerable<EnergyClaim> claims)
    {
        EnergyClaim? total = null;
        foreach (EnergyClaim claim in claims)
        {
            if (total is { } sum && sum.Method != claim.Method)
            {
                return None;
            }

            total = new(claim.Method, Add(total?.LowMillijoules, claim.LowMillijoules), Add(total?.HighMillijoules, claim.HighMillijoules));
        }

        return total ?? None;
    }

    // A claim near the largest number is a lie, but no reason to overflow.
    private static long Add(long? a, long b) => a is { } sum ? (sum > long.MaxValue - b ? long.MaxValue : sum + b) : b;
}

internal static class EnergyElements
{
    public static CanonicalWriter Energy(this CanonicalWriter writer, EnergyClaim energy) =>
        writer.Array(3).UInt((ulong)energy.Method).Int(energy.LowMillijoules).Int(energy.HighMillijoules);

    public static bool TryEnergy(this ref CanonicalReader reader, out EnergyClaim energy)
    {
        bool ok = reader.TryArray(3) & reader.TryInt(out int method, (int)EnergyMethod.EstimateTdp)
            & reader.TryLong(out long low) & reader.TryLong(out long high);
        energy = new((EnergyMethod)method, low, high);
        return ok && low <= high && (energy.Method != EnergyMethod.None || high == 0);
    }
}
