using Aria.Pipeline.Energy;
using Aria.Provenance.Receipts;

namespace Aria.Pipeline.Tests.Energy;

public sealed class EnergyMeterTests : IDisposable
{
    private readonly DirectoryInfo _powercap = Directory.CreateTempSubdirectory("powercap");

    public void Dispose() => _powercap.Delete(recursive: true);

    private void Counter(string name, string value)
    {
        DirectoryInfo folder = _powercap.CreateSubdirectory(name);
        File.WriteAllText(Path.Combine(folder.FullName, "energy_uj"), value);
    }

    [Fact]
    public void WithoutADesignPower_NothingIsClaimed()
    {
        Counter("intel-rapl:0", "1");
        EnergyMeter meter = EnergyMeter.Open(null, 1, 4, _powercap.FullName);
        Assert.Equal(EnergyMethod.None, meter.Method);
        Assert.Equal(EnergyClaim.None, meter.Claim(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), 0, 0));
    }

    [Fact]
    public void WithoutCounters_ADesignPowerGivesARange()
    {
        EnergyMeter meter = EnergyMeter.Open(60, 1, 4, Path.Combine(_powercap.FullName, "absent"));
        Assert.Equal(new(EnergyMethod.EstimateTdp, 30_000, 120_000), meter.Claim(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(9), 0, 0));
    }

    [Fact]
    public void CountersOfAllPackages_AreAddedUp_WithoutTheirParts()
    {
        Counter("intel-rapl:0", "1000000\n");
        Counter("intel-rapl:1", "2000000\n");
        Counter("intel-rapl:0:0", "900000\n");
        EnergyMeter meter = EnergyMeter.Open(60, 2, 4, _powercap.FullName);
        Assert.Equal(EnergyMethod.Rapl, meter.Method);
        Assert.Equal(3_000_000, meter.Read());
        Assert.Equal(new(EnergyMethod.Rapl, 750, 3000), meter.Claim(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), 0, meter.Read()));
    }

    [Fact]
    public void ACounterThatWrapped_GivesTheEstimate()
    {
        Counter("intel-rapl:0", "7");
        EnergyMeter meter = EnergyMeter.Open(60, 4, 4, _powercap.FullName);
        Assert.Equal(new(EnergyMethod.EstimateTdp, 60_000, 60_000), meter.Claim(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), 1000, 7));
    }

    [Fact]
    public void CountersThatCannotBeRead_GiveTheEstimate()
    {
        Counter("intel-rapl:0", "unreadable");
        Assert.Equal(EnergyMethod.EstimateTdp, EnergyMeter.Open(60, 4, 4, _powercap.FullName).Method);
    }
}
