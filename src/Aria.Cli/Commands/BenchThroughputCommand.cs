using System.CommandLine;
using System.Globalization;
using Aria.Cli.Benchmarks;
using Aria.Cli.Nodes;
using Aria.Cli.Output;
using Aria.Cli.Testnet;
using Aria.Engine.Execution;
using Aria.Engine.Models;

namespace Aria.Cli.Commands;

/// <summary><c>aria bench throughput</c>: how fast one engine on this machine reads a prompt and writes tokens.</summary>
internal static class BenchThroughputCommand
{
    private const int DefaultPrompt = 128;
    private const int DefaultGenerated = 48;
    private const int DefaultRepetitions = 5;
    private const int MaxTokens = 1 << 20;

    public static Command Create(GlobalOptions globals)
    {
        Option<string?> model = OptionParsers.Text("--model", $"A built-in model or a GGUF file; default {Topology.DefaultModel}", "MODEL", "-m");
        Option<int?> prompt = OptionParsers.Int("--prompt", $"Tokens of the prompt, read in one go; default {DefaultPrompt}", 1, MaxTokens, "-p");
        Option<int?> generated = OptionParsers.Int("--generate", $"Tokens written one by one; default {DefaultGenerated}", 1, MaxTokens, "-n");
        Option<int?> threads = OptionParsers.Int("--threads", "Compute threads; default: all CPUs", 1, EngineOptions.MaxThreads, "-t");
        Option<int?> repetitions = OptionParsers.Int("--repetitions", $"Measured runs, after one that is not; rates are medians; default {DefaultRepetitions}", 1, 1000, "-r");
        Option<KernelPath?> kernels = new("--kernels") { Description = "Which kernels: auto, scalar, simd or native; default auto", HelpName = "PATH" };
        Command command = new("throughput", "Tokens per second of one stream on one engine, prompt and decoding apart; tokenizing and sampling are left out")
        {
            model, prompt, generated, threads, repetitions, kernels,
        };
        command.Runs(globals, scope => Task.FromResult(Run(
            scope, scope.Get(model) ?? Topology.DefaultModel, scope.Get(prompt) ?? DefaultPrompt, scope.Get(generated) ?? DefaultGenerated, scope.Get(repetitions) ?? DefaultRepetitions,
            new() { Threads = scope.Get(threads) ?? Math.Min(Environment.ProcessorCount, EngineOptions.MaxThreads), Kernels = scope.Get(kernels) ?? KernelPath.Auto })));
        return command;
    }

    private static int Run(CommandScope scope, string name, int prompt, int generated, int repetitions, EngineOptions options)
    {
        BenchEnvironment environment = BenchEnvironment.Here();
        long began = scope.Time.GetTimestamp();
        using ModelFile model = ModelNames.Open(name);
        if (prompt > model.Shape.Context - generated)
        {
            throw CommandFailedException.Precondition(
                "context_too_long", $"{prompt} and {generated} tokens do not fit the model's context of {model.Shape.Context}.", $"aria bench throughput -p {model.Shape.Context / 2} -n {model.Shape.Context / 4}");
        }

        using SpanEngine engine = Prepare(model, options);
        TimeSpan load = scope.Time.GetElapsedTime(began);
        ThroughputBenchmark benchmark = new(engine, prompt, generated, scope.Time);
        benchmark.Run(scope.Stopping);          // warms caches and lets the compiler settle; not counted
        List<ThroughputSample> samples = [];
        while (samples.Count < repetitions)
        {
            samples.Add(benchmark.Run(scope.Stopping));
            scope.Terminal.Remark(string.Create(
                CultureInfo.InvariantCulture, $"run {samples.Count} of {repetitions}: prefill {samples[^1].PrefillTokensPerSecond:0.0}, decode {samples[^1].DecodeTokensPerSecond:0.0} tokens/s"));
        }

        ThroughputDocument document = ThroughputDocument.Of(model, engine.Kernels, options.Threads, prompt, generated, load, samples, environment);
        scope.Answer(document, CliJson.Documents.ThroughputDocument, () => Print(scope.Terminal, document));
        return ExitCode.Ok;
    }

    private static SpanEngine Prepare(ModelFile model, EngineOptions options)
    {
        try
        {
            return new(model, StageSpan.Whole(model.Shape.Layers), options);
        }
        catch (PlatformNotSupportedException e)
        {
            throw new CommandFailedException(ExitCode.Precondition, "kernels_unavailable", e.Message, "--kernels auto", e);
        }
    }

    private static void Print(Terminal terminal, ThroughputDocument result)
    {
        TextTable table = new("MODEL", "KERNELS", "THREADS", "TEST", "TOKENS/S (MEDIAN)", "LOWEST", "HIGHEST");
        Add($"prompt {result.PromptTokens}", result.PrefillTokensPerSecond, result.Samples.Select(sample => sample.PrefillTokensPerSecond));
        Add($"decode {result.GeneratedTokens}", result.DecodeTokensPerSecond, result.Samples.Select(sample => sample.DecodeTokensPerSecond));
        table.Print(terminal);
        terminal.Remark(string.Create(
            CultureInfo.InvariantCulture, $"measured over {result.Repetitions} runs · load {result.LoadSeconds:0.00} s · peak memory {result.PeakResidentBytes >> 20} MiB · energy not measured · load average {result.Environment.LoadAverage:0.0}"));

        void Add(string test, double median, IEnumerable<double> samples) => table.Add(
            result.Model, result.Kernels, Text(result.Threads), test, Text(median), Text(samples.Min()), Text(samples.Max()));
    }

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
