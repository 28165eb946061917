using System.CommandLine;
using Aria.Cli.Benchmarks;

namespace Aria.Cli.Commands;

/// <summary><c>aria bench prompt</c>: how long prompts of several lengths take until the first token, and what they do to the tokens after it.</summary>
internal static class BenchPromptCommand
{
    private const int DefaultGenerated = 32;
    private static readonly int[] DefaultLengths = [16, 64, 128, 256, 512, 1024];

    public static Command Create(GlobalOptions globals)
    {
        BenchOptions common = new();
        Option<int[]?> lengths = OptionParsers.Ints("--prompt", $"Lengths of the prompt in tokens; default {string.Join(',', DefaultLengths)}, as far as they fit the model", 1, BenchOptions.MaxTokens, "-p");
        Option<int?> generated = OptionParsers.Int("--generate", $"Tokens written after each; default {DefaultGenerated}", 0, BenchOptions.MaxTokens, "-n");
        Command command = common.AddTo(new("prompt", "Time to the first token, and tokens per second, over the length of the prompt") { lengths, generated });
        command.Runs(globals, scope => Task.FromResult(common.Run(
            scope, "prompt", (run, models) => Measure(run, models[0], scope.Numbers(lengths), scope.Get(generated) ?? DefaultGenerated))));
        return command;
    }

    private static void Measure(BenchRun run, string model, int[]? lengths, int generated)
    {
        using BenchTarget target = run.Open(model);
        lengths ??= target.ThatFit(DefaultLengths, generated);
        target.RequireRoomFor(lengths.Max() + generated, $"aria bench prompt -p {target.Context / 4},{target.Context / 2} -n {target.Context / 4}");
        run.WarmUp(target, lengths.Min(), generated);
        PointSamples[] points = [.. lengths.Select(length => run.Point(target, length, generated))];
        for (int i = 0; i < run.Repetitions; i++)
        {
            foreach (PointSamples point in points)
            {
                using EngineStreams streams = run.Streams(target, point.PromptTokens + generated);
                point.Add(streams, prefill: true, run.Stopping);
                run.Remark(i, $"prompt of {point.PromptTokens}", point.Last);
            }
        }

        run.Add(target, points.Select(point => point.ToPoint()));
    }
}
