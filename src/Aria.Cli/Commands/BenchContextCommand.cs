using System.CommandLine;
using Aria.Cli.Benchmarks;

namespace Aria.Cli.Commands;

/// <summary><c>aria bench context</c>: how fast tokens are written after so many others.</summary>
internal static class BenchContextCommand
{
    private const int DefaultGenerated = 32;
    private static readonly int[] DefaultDepths = [16, 128, 512, 1024, 2048, 4000];

    public static Command Create(GlobalOptions globals)
    {
        BenchOptions common = new();
        Option<int[]?> depths = OptionParsers.Ints("--context", $"Tokens that stand before those that are timed; default {string.Join(',', DefaultDepths)}, as far as they fit the model", 1, BenchOptions.MaxTokens, "-c");
        Option<int?> generated = OptionParsers.Int("--generate", $"Tokens written at each depth; default {DefaultGenerated}", 1, BenchOptions.MaxTokens, "-n");
        Command command = common.AddTo(new("context", "Decoded tokens per second over the number of tokens before them") { depths, generated });
        command.Runs(globals, scope => Task.FromResult(common.Run(
            scope, "context", (run, models) => Measure(run, models[0], scope.Numbers(depths), scope.Get(generated) ?? DefaultGenerated))));
        return command;
    }

    private static void Measure(BenchRun run, string model, int[]? depths, int generated)
    {
        using BenchTarget target = run.Open(model);
        depths = [.. (depths ?? target.ThatFit(DefaultDepths, generated)).Order()];
        target.RequireRoomFor(depths[^1] + generated, $"aria bench context -c {target.Context / 4},{target.Context / 2} -n {target.Context / 4}");
        for (int i = 1; i < depths.Length; i++)
        {
            if (depths[i] - depths[i - 1] < generated)
            {
                throw CommandFailedException.Usage($"Between the depths {depths[i - 1]} and {depths[i]} there is no room for {generated} tokens.", "a smaller -n");
            }
        }

        run.WarmUp(target, depths[0], generated);
        PointSamples[] points = [.. depths.Select(depth => run.Point(target, depth, generated))];
        for (int i = 0; i < run.Repetitions; i++)
        {
            // One sequence that grows: what is decoded at one depth is part of the context of the next.
            using EngineStreams streams = run.Streams(target, depths[^1] + generated);
            foreach (PointSamples point in points)
            {
                point.Add(streams, prefill: false, run.Stopping);
                run.Remark(i, $"after {point.PromptTokens} tokens", point.Last);
            }
        }

        run.Add(target, points.Select(point => point.ToPoint()));
    }
}
