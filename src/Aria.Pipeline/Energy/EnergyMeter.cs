using System.Globalization;
using Aria.Provenance.Receipts;

namespace Aria.Pipeline.Energy;

/// <summary>
/// What a stage may claim about its energy: a range with its method, never a proof. From the processor's own counters where they can be read, else
/// from a thermal design power that the owner gave, else nothing.
/// </summary>
public sealed class EnergyMeter
{
    /// <summary>Where Linux shows the counters.</summary>
    public const string PowercapFolder = "/sys/class/powercap";

    private readonly string[] _counters;      // energy_uj of each processor package
    private readonly double _tdpWatts;
    private readonly double _share;           // of the machine's processors that the stage's threads are

    private EnergyMeter(string[] counters, double tdpWatts, double share) => (_counters, _tdpWatts, _share) = (counters, tdpWatts, share);

    /// <summary>Claims nothing.</summary>
    public static EnergyMeter None { get; } = new([], 0, 0);

    /// <summary>How claims are made.</summary>
    public EnergyMethod Method => _counters.Length > 0 ? EnergyMethod.Rapl : _tdpWatts > 0 ? EnergyMethod.EstimateTdp : EnergyMethod.None;

    /// <summary>
    /// The best method at hand for a stage that computes with <paramref name="threads"/> of <paramref name="processors"/>: none unless
    /// <paramref name="tdpWatts"/> is given; then the counters below <paramref name="powercapFolder"/> where all can be read, else the estimate.
    /// </summary>
    public static EnergyMeter Open(double? tdpWatts, int threads, int processors, string powercapFolder = PowercapFolder)
    {
        if (tdpWatts is not { } watts)
        {
            return None;
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(watts, nameof(tdpWatts));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(processors);
        EnergyMeter meter = new(Counters(powercapFolder), watts, Math.Min(1, (double)threads / processors));
        return meter.Read() >= 0 ? meter : new([], watts, meter._share);
    }

    /// <summary>The counters' sum in microjoules; 0 where there are none, −1 where one cannot be read.</summary>
    public long Read()
    {
        long sum = 0;
        foreach (string counter in _counters)
        {
            try
            {
                sum += long.Parse(File.ReadAllText(counter), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException or OverflowException)
            {
                return -1;
            }
        }

        return sum;
    }

    /// <summary>
    /// The claim of a session. Low: the stage's processors' share; high: as if the whole package had worked for it alone. By the counters: all that the
    /// packages used from <paramref name="before"/> to <paramref name="after"/>, times computing over elapsed time and the share for the low end. By the
    /// design power: watts times computing time.
    /// </summary>
    public EnergyClaim Claim(TimeSpan computing, TimeSpan elapsed, long before, long after)
    {
        switch (Method)
        {
            case EnergyMethod.Rapl when before >= 0 && after >= before:     // a counter that wrapped, or was lost, gives the estimate instead
                double busy = elapsed > computing ? computing / elapsed : 1;
                double used = (after - before) / 1000d;
                return new(EnergyMethod.Rapl, (long)(used * busy * _share), (long)Math.Ceiling(used));
            case EnergyMethod.None:
                return EnergyClaim.None;
            default:
                double high = _tdpWatts * computing.TotalMilliseconds;
                return new(EnergyMethod.EstimateTdp, (long)(high * _share), (long)Math.Ceiling(high));
        }
    }

    // intel-rapl:0, intel-rapl:1 …: the packages; intel-rapl:0:0 … lie within them. AMD's counters bear the same names.
    private static string[] Counters(string folder)
    {
        try
        {
            return
            [
                .. Directory.GetDirectories(folder, "intel-rapl:*")
                    .Where(path => Path.GetFileName(path).Count(c => c == ':') == 1)
                    .Select(path => Path.Combine(path, "energy_uj")).Where(File.Exists).Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
