using System.Xml.Linq;
using Aria.Cli.Benchmarks;
using Aria.Cli.Benchmarks.Reports;

namespace Aria.Cli.Tests.Benchmarks;

public class ReportsTests
{
    private static readonly BenchEnvironment s_machine = new(
        "A <fast> CPU", 2, "x64", "An OS", ".NET 10", "aria/1", null, null, 0.5, new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    private static BenchPoint Point(string model, int threads, double? prefill, double? decode) => new(
        model, "scalar", threads, Requests: 1, PromptTokens: 8, GeneratedTokens: decode is null ? 0 : 4,
        prefill, prefill is { } p ? new(p - 1, p + 1, 0.1) : null, decode, decode is { } d ? new(d - 1, d + 1, 0.1) : null,
        null, 1000 * 8 / prefill, decode is null ? null : new(1, 2, 3), 0, null, null, [new(8 / prefill, prefill, 4 / decode, decode)]);

    private static BenchDocument Document(string benchmark, params BenchPoint[] points) =>
        BenchDocument.Of(benchmark, 1, "none", [new("m|x", "id", 1000, 0.5, 2000, 2)], points, s_machine);

    [Fact]
    public void Markdown_IsATable_WithWhatWasMeasuredAlone()
    {
        string[] lines = BenchMarkdown.Of(Document("prompt", Point("m|x", 1, 20, null), Point("m|x", 1, 30, null))).Split('\n');
        Assert.Equal("| model | kernels | threads | prompt tokens | prefill tokens/s | lowest – highest | first token ms |", lines[2]);
        Assert.Equal("| --- | --- | ---: | ---: | ---: | ---: | ---: |", lines[3]);
        Assert.Equal(@"| m\|x | scalar | 1 | 8 | 20.0 | 19.0 – 21.0 | 400.0 |", lines[4]);
        Assert.Contains(lines, line => line.Contains("Energy: none", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("A &lt;fast> CPU", StringComparison.Ordinal) && line.Contains("load average 0.5", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("throughput")]
    [InlineData("threads")]
    [InlineData("prompt")]
    [InlineData("context")]
    [InlineData("parallel")]
    public void Plot_IsAPictureInSvg(string benchmark)
    {
        XDocument svg = XDocument.Parse(BenchPlot.Svg(Document(benchmark, Point("m|x", 1, 20, 5), Point("m|x", 2, 30, 6), Point("m|x", 2, 30, null))));
        Assert.Equal("svg", svg.Root!.Name.LocalName);
        string[] texts = [.. svg.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value)];
        Assert.Contains(texts, text => text.StartsWith($"aria bench {benchmark}: m|x", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.StartsWith(benchmark == "parallel" ? "a prompt of 8" : "prefill", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.StartsWith("decode", StringComparison.Ordinal));
    }
}
