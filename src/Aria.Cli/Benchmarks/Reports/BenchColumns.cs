using System.Globalization;

namespace Aria.Cli.Benchmarks.Reports;

/// <summary>A benchmark's points as cells, for the terminal and for Markdown: columns that hold nothing are left out.</summary>
internal static class BenchColumns
{
    private static readonly (string Heading, Func<BenchPoint, string?> Cell)[] All =
    [
        ("model", point => point.Model),
        ("kernels", point => point.Kernels),
        ("threads", point => Whole(point.Threads)),
        ("requests", point => point.Requests > 1 ? Whole(point.Requests) : null),
        ("prompt tokens", point => Whole(point.PromptTokens)),
        ("prefill tokens/s", point => Number(point.PrefillTokensPerSecond)),
        ("lowest – highest", point => Range(point.PrefillSpread)),
        ("first token ms", point => Number(point.FirstTokenMilliseconds)),
        ("decoded tokens", point => point.GeneratedTokens > 0 ? Whole(point.GeneratedTokens) : null),
        ("decode tokens/s", point => Number(point.DecodeTokensPerSecond)),
        ("lowest – highest", point => Range(point.DecodeSpread)),
        ("each of them", point => point.Requests > 1 ? Number(point.DecodeTokensPerSecond / point.Requests) : null),
        ("of the prefill rate", point => Number(point.ShareOfPrefillRate)),
        ("token ms p50 / p95 / p99", point => point.TokenMilliseconds is { } at ? $"{Number(at.P50)} / {Number(at.P95)} / {Number(at.P99)}" : null),
        ("MB/token", point => point.Roofline is { } roofline ? Number(roofline.BytesPerToken / 1e6) : null),
        ("GB/s read", point => point.Roofline is { } roofline ? Number(roofline.BytesPerSecond / 1e9) : null),
        ("GB/s of memory", point => point.Roofline is { } roofline ? Number(roofline.ReadKernelBytesPerSecond / 1e9) : null),
        ("of the roof", point => point.Roofline is { } roofline ? string.Create(CultureInfo.InvariantCulture, $"{100 * roofline.Share:0} %") : null),
        ("mJ/token", point => point.DecodeEnergy is { } energy ? $"{Number(energy.LowMillijoules)} – {Number(energy.HighMillijoules)}" : null),
    ];

    /// <summary>The heading and then a row for each point.</summary>
    public static IReadOnlyList<string[]> Of(BenchDocument document)
    {
        double? first = document.Points.Count > 1 ? document.DecodeTokensPerSecond : null;
        (string Heading, Func<BenchPoint, string?> Cell)[] all = [.. All, ("decode to the first", point => Ratio(point.DecodeTokensPerSecond / first))];
        (string Heading, Func<BenchPoint, string?> Cell)[] used = [.. all.Where(column => document.Points.Any(point => column.Cell(point) is not null))];
        return [[.. used.Select(column => column.Heading)], .. document.Points.Select(point => used.Select(column => column.Cell(point) ?? "").ToArray())];
    }

    /// <summary>What else is to be said: one sentence each.</summary>
    public static IEnumerable<string> Remarks(BenchDocument document)
    {
        yield return $"Medians of {document.Repetitions} runs, after one that is not counted; tokenizing and sampling are left out. Arithmetic {document.NumericSpec}.";
        foreach (BenchModel model in document.Models)
        {
            string memory = model.PeakResidentBytes is { } peak ? string.Create(CultureInfo.InvariantCulture, $", {peak >> 20} MiB in memory at most ({model.PeakResidentPerFileByte:0.00} of the file)") : "";
            yield return string.Create(CultureInfo.InvariantCulture, $"{model.Name}: a file of {model.Bytes / 1e6:0.0} MB, loaded in {model.LoadSeconds:0.00} s{memory}.");
        }

        foreach (BenchPoint point in document.Points)
        {
            if (point.Roofline is { } read)
            {
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"Read for each token after {point.PromptTokens} others on {point.Threads} threads: ternary matrices {read.TernaryBytesPerToken / 1e6:0.0} MB, screen of the head {read.ScreenBytesPerToken / 1e6:0.0} MB, {read.RescoredRowsPerToken:0.0} rows of the head {read.HeadBytesPerToken / 1e6:0.000} MB, keys and values {read.KvBytesPerToken / 1e6:0.0} MB.");
            }
        }

        yield return document.EnergyMethod switch
        {
            "rapl" => "Energy: rapl, the processor package's own counters; from the share of the threads in use to the whole package.",
            "estimate-tdp" => "Energy: estimate-tdp, design power times time, not a measurement; from the share of the threads in use to the whole package.",
            _ => "Energy: none; it was not measured.",
        };
        yield return Machine(document.Environment);
    }

    public static string? Number(double? value) => value?.ToString(Math.Abs(value.Value) < 100 ? "0.0#" : "0.0", CultureInfo.InvariantCulture);

    private static string Machine(BenchEnvironment at) => string.Create(
        CultureInfo.InvariantCulture,
        $"{at.Cpu}, {at.LogicalCpus} CPUs ({at.Architecture}), {at.OperatingSystem}, {at.Runtime}, {at.Software}{(at.Commit is { } commit ? $" at {commit}" : "")}, frequency governor {at.FrequencyGovernor ?? "not shown"}, load average {at.LoadAverage?.ToString("0.0", CultureInfo.InvariantCulture) ?? "not shown"} at the start, {at.MeasuredAt:yyyy-MM-dd HH:mm} UTC.");

    private static string? Ratio(double? value) => value?.ToString("0.00 ×", CultureInfo.InvariantCulture);

    private static string? Range(Spread? spread) => spread is null ? null : $"{Number(spread.Lowest)} – {Number(spread.Highest)}";

    private static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);
}
