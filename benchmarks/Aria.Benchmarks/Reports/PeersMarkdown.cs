using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Aria.Benchmarks.Reports;

/// <summary>A comparison as a Markdown page.</summary>
internal static class PeersMarkdown
{
    public static string Of(PeersDocument document)
    {
        StringBuilder page = new();
        page.Append(CultureInfo.InvariantCulture, $"## {Escape(document.Contenders[0].ModelFile)}, threads: {document.Threads}\n\n");
        page.Append("| test | program | tokens/s | lowest – highest | ours to it | in single rounds | target |\n|---|---|---:|---:|---:|---:|---:|\n");
        foreach (Figure figure in document.Figures)
        {
            RatioFigure? ratio = document.Ratios.FirstOrDefault(one => one.Test == figure.Test && one.Peer == figure.Contender);
            page.Append(CultureInfo.InvariantCulture, $"| {figure.Test} | {Escape(figure.Contender)} | {figure.Median:0.0} | {figure.Lowest:0.0} – {figure.Highest:0.0} | ");
            page.Append(ratio is null ? " | | |\n" : string.Create(
                CultureInfo.InvariantCulture, $"**{ratio.OfMedians:0.00} ×** | {ratio.LowestOfRounds:0.00} – {ratio.HighestOfRounds:0.00} | {(ratio.Target is { } target ? $"{target:0.00} × {(ratio.OfMedians >= target ? "reached" : "missed")}" : "")} |\n"));
        }

        page.Append(CultureInfo.InvariantCulture, $"\nMedians of {document.Rounds} rounds by turns, {document.MeasuredAt:yyyy-MM-dd HH:mm} UTC{Machine(document.Environment)}.\n\n");
        foreach (ContenderDocument contender in document.Contenders)
        {
            page.Append(CultureInfo.InvariantCulture, $"- {Escape(contender.Name)}: {Escape(contender.Version ?? "unknown build")}; {Escape(contender.ModelFile)}, {contender.ModelBytes / 1e6:0.0} MB\n");
        }

        return page.ToString();
    }

    private static string Machine(JsonElement? environment)
    {
        if (environment is not { ValueKind: JsonValueKind.Object } at)
        {
            return "";
        }

        string Text(string name) => at.TryGetProperty(name, out JsonElement value) ? value.ToString() : "not shown";
        return Escape($"; {Text("cpu")}, {Text("logical_cpus")} CPUs, {Text("operating_system")}, {Text("runtime")}, frequency governor {Text("frequency_governor")}, load average {Text("load_average")} at the start");
    }

    private static string Escape(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
