using System.Globalization;
using System.Text.Json;
using Aria.Testing;

namespace Aria.Engine.Tests.Fuzzing;

/// <summary>
/// Every parser of the engine, over right inputs that were changed at random: each input is taken or refused by the one exception, in bounded memory. ARIA_FUZZ_INPUTS sets how many there are of each,
/// ARIA_SEED where they begin; ARIA_FUZZ_REPORT names a folder for the outcome. <c>long-run.json</c> beside this file keeps what a million inputs to each gave.
/// </summary>
public class FuzzTests(ITestOutputHelper output)
{
    private const int Inputs = 100_000;
    private const int FirstSeed = 20_261_126;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static TheoryData<string> Names => [.. FuzzTarget.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void ChangedInputs_AreTakenOrRefused_InBoundedMemory(string name)
    {
        FuzzTarget target = FuzzTarget.All.Single(one => one.Name == name);
        Assert.All(target.Seeds, seed => Assert.True(Takes(target, seed), name));
        FuzzRun run = FuzzRun.Of(target, Number("ARIA_SEED") ?? FirstSeed, Number("ARIA_FUZZ_INPUTS") ?? Inputs);
        string text = JsonSerializer.Serialize(run, Indented);
        output.WriteLine(text);
        if (Environment.GetEnvironmentVariable("ARIA_FUZZ_REPORT") is { } folder)
        {
            File.WriteAllText(Path.Combine(folder, name.Replace(' ', '-') + ".json"), text + "\n");
        }

        Assert.InRange(run.MostBytes, 0, target.MostBytes);
        Assert.True(run.Exceptions.Values.Sum() > run.Inputs / 20, $"{name}: {run.Exceptions.Values.Sum()} inputs were refused");
    }

    [Fact]
    public void TheKeptRun_HasAMillionInputsToEveryParser()
    {
        string kept = Path.Combine(Fixtures.RepositoryRoot, "tests", "Aria.Engine.Tests", "Fuzzing", "long-run.json");
        FuzzRun[] runs = JsonSerializer.Deserialize<FuzzRun[]>(File.ReadAllBytes(kept), Indented)!;
        Assert.Equal(FuzzTarget.All.Select(target => target.Name).Order(), runs.Select(run => run.Target).Order());
        Assert.All(runs, run =>
        {
            FuzzTarget target = FuzzTarget.All.Single(one => one.Name == run.Target);
            Assert.InRange(run.Inputs, 1_000_000, int.MaxValue);
            Assert.Subset(target.Expected.Select(type => type.Name).ToHashSet(), run.Exceptions.Keys.ToHashSet());
            Assert.Equal(run.Inputs, run.Accepted + run.Exceptions.Values.Sum());
            Assert.InRange(run.MostBytes, 0, target.MostBytes);
        });
    }

    private static bool Takes(FuzzTarget target, byte[] seed)
    {
        try
        {
            target.Parse(seed);
            return true;
        }
        catch (Exception e) when (target.Name == "chat template" && target.Expected.Contains(e.GetType()))
        {
            return true;        // a template whose control tokens the small vocabulary lacks
        }
    }

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : null;
}
