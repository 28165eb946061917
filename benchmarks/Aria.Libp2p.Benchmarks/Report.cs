using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Aria.Libp2p.Benchmarks;

/// <summary>The figures as a table for people and as JSON, samples included.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Markdown(IReadOnlyList<Figure> figures)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"# libp2p: ours against js-libp2p, {DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Machine()}. Medians of {figures.Max(one => one.Ours.Count)} rounds, ours and js in turn; two processes each, over TCP on the loopback interface.");
        text.AppendLine();
        text.AppendLine("| | ours | js | ours / js | goal | |");
        text.AppendLine("|---|---|---|---|---|---|");
        foreach (Figure figure in figures)
        {
            string js = figure.JsMedian is { } median ? $"{Short(median)} {figure.Unit}" : "";
            string ratio = figure.JsMedian is { } other ? Short(figure.OursMedian / other) : "";
            text.AppendLine(CultureInfo.InvariantCulture, $"| {figure.Name} | {Short(figure.OursMedian)} {figure.Unit} | {js} | {ratio} | {figure.Goal} | {(figure.IsMet ? "met" : "missed")} |");
        }

        return text.ToString();
    }

    public static string Machine() =>
        $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}, {Environment.ProcessorCount} processors ({Processor()}), {RuntimeInformation.FrameworkDescription}";

    public static string ToJson(IReadOnlyList<Figure> figures) => JsonSerializer.Serialize(
        new
        {
            time = DateTimeOffset.UtcNow,
            machine = Machine(),
            figures = figures.Select(one => new
            {
                one.Name, one.Unit, goal = one.Goal.ToString(), ours = one.Ours, js = one.Js, oursMedian = one.OursMedian, jsMedian = one.JsMedian, reached = one.Reached, met = one.IsMet,
            }),
        },
        Json);

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[^1] ?? "unknown"
        : "unknown";

    private static string Short(double value) => value switch
    {
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
