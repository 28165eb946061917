using System.Text.Json;
using static Aria.Benchmarks.Contenders.MeasuredProcess;

namespace Aria.Benchmarks.Contenders;

/// <summary>Ours, by the commands that everyone has: <c>aria bench throughput</c>, <c>prompt</c> and <c>parallel</c>.</summary>
internal sealed class AriaContender(string aria, string model) : IContender
{
    public const string OwnName = "aria";

    public string Name => OwnName;

    public string Model => model;

    public string? Version { get; private set; }

    /// <summary>The machine, as <c>aria bench</c> tells it; known after the first measurement.</summary>
    public JsonElement? Environment { get; private set; }

    public async Task<IReadOnlyDictionary<Test, double>> MeasureAsync(Workload workload, CancellationToken cancellationToken)
    {
        Dictionary<Test, double> rates = [];
        int[] prompts = [.. workload.Prompts];
        if (workload.Generated > 0)
        {
            int prompt = prompts.FirstOrDefault(1);
            JsonElement point = await PointAsync(["throughput", "-p", Text(prompt), "-n", Text(workload.Generated)], workload, cancellationToken);
            rates.Add(new(TestKind.Decode, workload.Generated), Rate(point, "decode_tokens_per_second"));
            if (prompts.Length > 0)
            {
                rates.Add(new(TestKind.Prefill, prompt), Rate(point, "prefill_tokens_per_second"));
                prompts = prompts[1..];
            }
        }

        foreach (int prompt in prompts)
        {
            JsonElement point = await PointAsync(["prompt", "-p", Text(prompt), "-n", "0"], workload, cancellationToken);
            rates.Add(new(TestKind.Prefill, prompt), Rate(point, "prefill_tokens_per_second"));
        }

        if (workload.Requests > 0)
        {
            JsonElement point = await PointAsync(
                ["parallel", "--requests", Text(workload.Requests), "-p", Text(workload.RequestPrompt), "-n", Text(workload.RequestGenerated)], workload, cancellationToken);
            rates.Add(new(TestKind.Together, workload.Requests), Rate(point, "decode_tokens_per_second"));
        }

        return rates;
    }

    /// <summary>The first point of a benchmark's document: what was asked for. <c>parallel</c> adds a long prompt to hold it against.</summary>
    /// <exception cref="ContenderException">It is not such a document.</exception>
    internal JsonElement Point(string output)
    {
        try
        {
            JsonElement document = JsonDocument.Parse(output).RootElement;
            JsonElement environment = document.GetProperty("environment");
            Environment ??= environment;
            JsonElement point = document.GetProperty("points").EnumerateArray().First();
            Version = $"{environment.GetProperty("software").GetString()}{(environment.TryGetProperty("commit", out JsonElement commit) ? $" at {commit.GetString()}" : "")}, {point.GetProperty("kernels").GetString()}";
            return point;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ContenderException($"{aria} answered what is not understood: {e.Message}", e);
        }
    }

    private static double Rate(JsonElement point, string name) =>
        point.TryGetProperty(name, out JsonElement rate) && rate.TryGetDouble(out double value) ? value : throw new ContenderException($"aria's answer has no {name}.");

    private async Task<JsonElement> PointAsync(IReadOnlyList<string> benchmark, Workload workload, CancellationToken cancellationToken) => Point((await RunAsync(
        aria, ["bench", .. benchmark, "-m", model, "-t", Text(workload.Threads), "-r", "1", "--json", "--quiet"], cancellationToken)).Output);
}
