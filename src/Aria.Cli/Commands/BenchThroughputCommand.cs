using System.CommandLine;
using Aria.Cli.Benchmarks;

namespace Aria.Cli.Commands;

/// <summary><c>aria bench throughput</c>: how fast one engine on this machine reads a prompt and writes tokens; several models are compared.</summary>
internal static class BenchThroughputCommand
{
    private const int DefaultPrompt = 128;
    private const int DefaultGenerated = 48;

    public static Command Create(GlobalOptions globals)
    {
        BenchOptions common = new(severalModels: true);
        Option<int?> prompt = OptionParsers.Int("--prompt", $"Tokens of the prompt, read in one go; default {DefaultPrompt}", 1, BenchOptions.MaxTokens, "-p");
        Option<int?> generated = OptionParsers.Int("--generate", $"Tokens written one by one; default {DefaultGenerated}", 1, BenchOptions.MaxTokens, "-n");
        Command command = common.AddTo(new("throughput", "Tokens per second of one stream on one engine, prompt and decoding apart; tokenizing and sampling are left out") { prompt, generated });
        command.Runs(globals, scope => Task.FromResult(common.Run(
            scope, "throughput", (run, models) => Measure(run, models, scope.Get(prompt) ?? DefaultPrompt, scope.Get(generated) ?? DefaultGenerated))));
        return command;
    }

    private static void Measure(BenchRun run, IReadOnlyList<string> models, int prompt, int generated)
    {
        foreach (string name in models)
        {
            using BenchTarget target = run.Open(name);
            target.RequireRoomFor(prompt + generated, $"aria bench throughput -p {target.Context / 2} -n {target.Context / 4}");
            run.WarmUp(target, prompt, generated);
            PointSamples point = run.Point(target, prompt, generated);
            for (int i = 0; i < run.Repetitions; i++)
            {
                using EngineStreams streams = run.Streams(target, prompt + generated);
                point.Add(streams, prefill: true, run.Stopping);
                run.Remark(i, target.Name, point.Last);
            }

            run.Add(target, [point.ToPoint()]);
        }
    }
}
