using System.CommandLine;
using System.Numerics;
using Aria.Cli.Benchmarks;
using Aria.Engine.Execution;

namespace Aria.Cli.Commands;

/// <summary><c>aria bench threads</c>: what more threads bring.</summary>
internal static class BenchThreadsCommand
{
    private const int DefaultPrompt = 128;
    private const int DefaultGenerated = 48;

    public static Command Create(GlobalOptions globals)
    {
        BenchOptions common = new(ownThreads: true);
        Option<int[]?> threads = OptionParsers.Ints("--threads", "Numbers of compute threads; default: 1, 2, 4 … and all CPUs", 1, EngineOptions.MaxThreads, "-t");
        Option<int?> prompt = OptionParsers.Int("--prompt", $"Tokens of the prompt; default {DefaultPrompt}", 1, BenchOptions.MaxTokens, "-p");
        Option<int?> generated = OptionParsers.Int("--generate", $"Tokens written one by one; default {DefaultGenerated}", 1, BenchOptions.MaxTokens, "-n");
        Command command = common.AddTo(new("threads", "Tokens per second over the number of compute threads") { threads, prompt, generated });
        command.Runs(globals, scope => Task.FromResult(common.Run(
            scope, "threads", (run, models) => Measure(run, models[0], scope.Numbers(threads) ?? UpTo(Math.Min(Environment.ProcessorCount, EngineOptions.MaxThreads)), scope.Get(prompt) ?? DefaultPrompt, scope.Get(generated) ?? DefaultGenerated))));
        return command;
    }

    /// <summary>Powers of two below <paramref name="cpus"/>, and itself.</summary>
    internal static int[] UpTo(int cpus) => [.. Enumerable.Range(0, BitOperations.Log2((uint)cpus) + 1).Select(power => 1 << power).Append(cpus).Distinct()];

    private static void Measure(BenchRun run, string model, int[] threads, int prompt, int generated)
    {
        foreach (int count in threads)
        {
            using BenchTarget target = run.Open(model, count);
            target.RequireRoomFor(prompt + generated, $"aria bench threads -p {target.Context / 2} -n {target.Context / 4}");
            run.WarmUp(target, prompt, generated);
            PointSamples point = run.Point(target, prompt, generated);
            for (int i = 0; i < run.Repetitions; i++)
            {
                using EngineStreams streams = run.Streams(target, prompt + generated);
                point.Add(streams, prefill: true, run.Stopping);
                run.Remark(i, $"threads {count}", point.Last);
            }

            run.Add(target, [point.ToPoint()]);
        }
    }
}
