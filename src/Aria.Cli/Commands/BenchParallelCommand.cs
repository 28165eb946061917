using System.CommandLine;
using Aria.Cli.Benchmarks;

namespace Aria.Cli.Commands;

/// <summary><c>aria bench parallel</c>: what decoding several requests together brings.</summary>
internal static class BenchParallelCommand
{
    private const int MaxRequests = 256;
    private const int DefaultPrompt = 16;
    private const int DefaultGenerated = 32;
    private const int LongPrompt = 512;
    private static readonly int[] DefaultRequests = [1, 2, 4, 8];

    public static Command Create(GlobalOptions globals)
    {
        BenchOptions common = new();
        Option<int[]?> requests = OptionParsers.Ints("--requests", $"Numbers of requests; default {string.Join(',', DefaultRequests)}", 1, MaxRequests);
        Option<int?> prompt = OptionParsers.Int("--prompt", $"Tokens of each request's prompt; default {DefaultPrompt}", 1, BenchOptions.MaxTokens, "-p");
        Option<int?> generated = OptionParsers.Int("--generate", $"Tokens that each request writes; default {DefaultGenerated}", 1, BenchOptions.MaxTokens, "-n");
        Command command = common.AddTo(new("parallel", $"Tokens per second of several requests decoded together, held against the rate at which a prompt of {LongPrompt} tokens is read") { requests, prompt, generated });
        command.Runs(globals, scope => Task.FromResult(common.Run(
            scope, "parallel", (run, models) => Measure(run, models[0], scope.Numbers(requests) ?? DefaultRequests, scope.Get(prompt) ?? DefaultPrompt, scope.Get(generated) ?? DefaultGenerated))));
        return command;
    }

    private static void Measure(BenchRun run, string model, int[] requests, int prompt, int generated)
    {
        using BenchTarget target = run.Open(model);
        target.RequireRoomFor(prompt + generated, $"aria bench parallel -p {target.Context / 2} -n {target.Context / 4}");
        run.WarmUp(target, prompt, generated);
        PointSamples whole = run.Point(target, Math.Min(LongPrompt, target.Context), generatedTokens: 0);
        PointSamples[] points = [.. requests.Select(count => run.Point(target, prompt, generated, count))];
        for (int i = 0; i < run.Repetitions; i++)
        {
            foreach (PointSamples point in points.Append(whole))
            {
                using EngineStreams streams = run.Streams(target, point.Positions, point.Requests);
                point.Add(streams, prefill: true, run.Stopping);
                run.Remark(i, point == whole ? $"prompt of {point.PromptTokens}" : $"requests {point.Requests}", point.Last);
            }
        }

        BenchPoint read = whole.ToPoint();
        run.Add(target, [.. points.Select(point => point.ToPoint().Against(read)), read]);
    }
}
