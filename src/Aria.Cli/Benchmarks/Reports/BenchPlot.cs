using System.Text;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Aria.Cli.Benchmarks.Reports;

/// <summary>A result as a picture: tokens per second over what was varied, medians as a line and each sample as a dot; models side by side as bars.</summary>
internal static class BenchPlot
{
    private const double Width = 760;
    private const double Height = 440;
    private const double CharacterWidth = 8;

    public static string Svg(BenchDocument document)
    {
        PlotModel plot = new()
        {
            Title = $"aria bench {document.Benchmark}: {string.Join(", ", document.Models.Select(model => model.Name))} · {document.Environment.Cpu} · {document.Points[0].Kernels}",
            TitleFontSize = 13,
            TitlePadding = 10,
            Background = OxyColors.White,
            DefaultFont = "Arial, Helvetica, sans-serif",
            Padding = new(12, 20, 24, 12),
        };

        // Fonts that are wider than the one that was measured with must not be cut: room at the legend's ends.
        plot.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside, LegendPosition = LegendPosition.BottomCenter, LegendOrientation = LegendOrientation.Horizontal, LegendPadding = 24, LegendItemSpacing = 60 });
        if (document.Benchmark == "throughput")
        {
            AddBars(plot, document);
        }
        else
        {
            AddLines(plot, document);
        }

        using MemoryStream svg = new();
        new SvgExporter { Width = Width, Height = Height, IsDocument = true, UseVerticalTextAlignmentWorkaround = true }.Export(plot, svg);
        return Encoding.UTF8.GetString(svg.ToArray()).TrimStart('\uFEFF');
    }

    private static void AddBars(PlotModel plot, BenchDocument document)
    {
        CategoryAxis models = new() { Position = AxisPosition.Left, StartPosition = 1, EndPosition = 0 };
        models.Labels.AddRange(document.Points.Select(point => point.Model));
        plot.PlotMargins = new(Math.Min(Width / 3, CharacterWidth * models.Labels.Max(label => label.Length)), double.NaN, double.NaN, double.NaN);
        plot.Axes.Add(models);
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "tokens per second", AxisTitleDistance = 12, Minimum = 0, MaximumPadding = 0.1, MajorGridlineStyle = LineStyle.Dot });
        foreach ((string title, Func<BenchPoint, double?> rate) in Rates)
        {
            BarSeries bars = new() { Title = title, LabelFormatString = "{0:0.0}" };
            bars.Items.AddRange(document.Points.Select((point, i) => new BarItem(rate(point) ?? 0, i)));
            plot.Series.Add(bars);
        }
    }

    private static readonly (string Title, Func<BenchPoint, double?> Rate)[] Rates =
        [("prefill", point => point.PrefillTokensPerSecond), ("decode", point => point.DecodeTokensPerSecond)];

    private static void AddLines(PlotModel plot, BenchDocument document)
    {
        (string axis, Func<BenchPoint, int> x) = document.Benchmark switch
        {
            "threads" => ("threads", point => point.Threads),
            "parallel" => ("requests decoded together", point => point.Requests),
            "context" => ("tokens before those decoded", point => point.PromptTokens),
            _ => ("tokens of the prompt", (Func<BenchPoint, int>)(point => point.PromptTokens)),
        };
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = axis, AxisTitleDistance = 10, Minimum = 0, MaximumPadding = 0.05, MinimumMajorStep = 1, MajorGridlineStyle = LineStyle.Dot });
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Title = "tokens per second", AxisTitleDistance = 12, Minimum = 0, MaximumPadding = 0.1, MajorGridlineStyle = LineStyle.Dot });
        if (document.Benchmark == "parallel")
        {
            AddLongPrompt(plot, document);
        }
        else
        {
            Add("prefill", point => point.PrefillTokensPerSecond, sample => sample.PrefillTokensPerSecond, OxyColors.SteelBlue);
        }

        Add("decode", point => point.DecodeTokensPerSecond, sample => sample.DecodeTokensPerSecond, OxyColors.DarkOrange);

        void Add(string title, Func<BenchPoint, double?> median, Func<BenchSample, double?> one, OxyColor color)
        {
            if (document.Points.All(point => median(point) is null))
            {
                return;
            }

            LineSeries line = new() { Title = $"{title} (dots: samples)", Color = color };
            line.Points.AddRange(document.Points.Where(point => median(point) is not null).Select(point => new DataPoint(x(point), median(point)!.Value)));
            ScatterSeries dots = new() { MarkerType = MarkerType.Circle, MarkerSize = 2.5, MarkerFill = color };
            dots.Points.AddRange(document.Points.SelectMany(point => point.Samples.Select(one).OfType<double>().Select(value => new ScatterPoint(x(point), value))));
            plot.Series.Add(line);
            plot.Series.Add(dots);
        }
    }

    // What decoding together is held against.
    private static void AddLongPrompt(PlotModel plot, BenchDocument document)
    {
        foreach (BenchPoint prompt in document.Points.Where(point => point.GeneratedTokens == 0))
        {
            LineSeries line = new() { Title = $"a prompt of {prompt.PromptTokens}", Color = OxyColors.SteelBlue, LineStyle = LineStyle.Dash };
            line.Points.AddRange(new[] { 0, document.Points.Max(point => point.Requests) }.Select(requests => new DataPoint(requests, prompt.PrefillTokensPerSecond!.Value)));
            plot.Series.Add(line);
        }
    }
}
