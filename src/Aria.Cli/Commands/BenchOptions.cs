using System.CommandLine;
using Aria.Cli.Benchmarks;
using Aria.Cli.Benchmarks.Reports;
using Aria.Cli.Output;
using Aria.Cli.Processes;
using Aria.Cli.Testnet;
using Aria.Engine.Execution;

namespace Aria.Cli.Commands;

/// <summary>What every benchmark takes, and how every one answers.</summary>
internal sealed class BenchOptions
{
    public const int MaxTokens = 1 << 20;
    private const int DefaultRepetitions = 5;

    private readonly Option<string?> _model = OptionParsers.Text("--model", $"A built-in model or a GGUF file; default {Topology.DefaultModel}", "MODEL", "-m");
    private readonly Option<string[]> _models = new("--model", "-m") { Description = $"A built-in model or a GGUF file; may be given several times; default {Topology.DefaultModel}", HelpName = "MODEL" };
    private readonly Option<int?> _threads = OptionParsers.Int("--threads", "Compute threads; default: all CPUs", 1, EngineOptions.MaxThreads, "-t");
    private readonly Option<int?> _repetitions = OptionParsers.Int("--repetitions", $"Measured runs, after one that is not; rates are medians; default {DefaultRepetitions}", 1, 1000, "-r");
    private readonly Option<KernelPath?> _kernels = new("--kernels") { Description = "Which kernels: auto, scalar, simd or native; default auto", HelpName = "PATH" };
    private readonly Option<double?> _tdp = OptionParsers.Real("--tdp", "The processor's design power in watts: estimates energy where its counters cannot be read; without it energy is measured or not told", 0.1, 10_000);
    private readonly Option<string?> _markdown = OptionParsers.Text("--markdown", "Write the result as a Markdown table too", "FILE");
    private readonly Option<string?> _plot = OptionParsers.Text("--plot", "Draw the result too, as SVG", "FILE");
    private readonly Option<bool> _roofline = OptionParsers.Flag("--roofline", "Hold the bytes that decoding reads against what memory gives, measured in between; takes 512 MiB");
    private readonly bool _severalModels;
    private readonly bool _ownThreads;

    /// <param name="severalModels">Whether models are compared.</param>
    /// <param name="ownThreads">Whether the benchmark has an option of its own for threads.</param>
    public BenchOptions(bool severalModels = false, bool ownThreads = false)
    {
        _severalModels = severalModels;
        _ownThreads = ownThreads;
    }

    public Command AddTo(Command command)
    {
        command.Add(_severalModels ? _models : _model);
        if (!_ownThreads)
        {
            command.Add(_threads);
        }

        foreach (Option option in new Option[] { _repetitions, _kernels, _tdp, _roofline, _markdown, _plot })
        {
            command.Add(option);
        }

        return command;
    }

    /// <summary>Runs a benchmark over the models and answers with what it found.</summary>
    public int Run(CommandScope scope, string benchmark, Action<BenchRun, IReadOnlyList<string>> body)
    {
        using ReportFile markdown = ReportFile.Open(scope.Get(_markdown));
        using ReportFile plot = ReportFile.Open(scope.Get(_plot));
        using Deadline deadline = Deadline.Of(scope);
        EngineOptions options = new()
        {
            Threads = (_ownThreads ? null : scope.Get(_threads)) ?? Math.Min(Environment.ProcessorCount, EngineOptions.MaxThreads),
            Kernels = scope.Get(_kernels) ?? KernelPath.Auto,
        };
        using BenchRun run = new(scope, benchmark, scope.Get(_repetitions) ?? DefaultRepetitions, options, scope.Get(_tdp), scope.Get(_roofline), deadline.Token);
        try
        {
            string[]? models = _severalModels ? scope.Get(_models) : scope.Get(_model) is { } model ? [model] : null;
            body(run, models is { Length: > 0 } ? models : [Topology.DefaultModel]);
        }
        catch (OperationCanceledException) when (deadline.Passed && !scope.Stopping.IsCancellationRequested)
        {
            throw CommandFailedException.TimedOut("The benchmark was not done in time; nothing of it is told.", "a longer --timeout, or fewer --repetitions");
        }

        BenchDocument document = run.ToDocument();
        markdown.Write(() => BenchMarkdown.Of(document));
        plot.Write(() => BenchPlot.Svg(document));
        scope.Answer(document, CliJson.Documents.BenchDocument, () => BenchTable.Print(scope.Terminal, document));
        return ExitCode.Ok;
    }
}
