using System.Globalization;
using System.Text.Json;
using static Aria.Benchmarks.Contenders.MeasuredProcess;

namespace Aria.Benchmarks.Contenders;

/// <summary>A program of llama.cpp's family, by its own <c>llama-bench</c> and <c>llama-batched-bench</c>.</summary>
internal sealed class LlamaContender(PeerSpec peer) : IContender
{
    public string Name => peer.Name;

    public string Model => peer.Model;

    public string? Version { get; private set; }

    public async Task<IReadOnlyDictionary<Test, double>> MeasureAsync(Workload workload, CancellationToken cancellationToken)
    {
        Dictionary<Test, double> rates = [];
        int[] prompts = peer.Kinds.Contains(TestKind.Prefill) ? [.. workload.Prompts] : [];
        int generated = peer.Kinds.Contains(TestKind.Decode) ? workload.Generated : 0;
        if (prompts.Length > 0 || generated > 0)
        {
            // 0 leaves a test out.
            string lengths = prompts.Length > 0 ? string.Join(',', prompts) : "0";
            Add(rates, Rates((await RunAsync(
                peer.Bench!, ["-m", peer.Model, "-t", Text(workload.Threads), "-p", lengths, "-n", Text(generated), "-r", "1", "-o", "json"], cancellationToken)).Output));
        }

        if (workload.Requests > 0 && peer.Kinds.Contains(TestKind.Together))
        {
            int room = workload.Requests * (workload.RequestPrompt + workload.RequestGenerated);
            (string output, string error) = await RunAsync(
                peer.Batched!,
                [
                    "-m", peer.Model, "-t", Text(workload.Threads), "-c", Text(room), "-npp", Text(workload.RequestPrompt),
                    "-ntg", Text(workload.RequestGenerated), "-npl", Text(workload.Requests),
                ],
                cancellationToken);
            Add(rates, BatchedRates(output + error));       // some builds write the table to the one, some to the other
        }

        return rates;
    }

    /// <summary>What <c>llama-bench -o json</c> tells: an array with an element for each test.</summary>
    /// <exception cref="ContenderException">It tells something else.</exception>
    internal IReadOnlyDictionary<Test, double> Rates(string output)
    {
        try
        {
            // Some builds print a remark before the array.
            JsonElement tests = JsonDocument.Parse(output[Math.Max(0, output.IndexOf("[\n", StringComparison.Ordinal))..]).RootElement;
            Dictionary<Test, double> rates = [];
            foreach (JsonElement test in tests.EnumerateArray())
            {
                int prompt = test.GetProperty("n_prompt").GetInt32();
                int generated = test.GetProperty("n_gen").GetInt32();
                rates.Add(prompt > 0 ? new(TestKind.Prefill, prompt) : new(TestKind.Decode, generated), test.GetProperty("avg_ts").GetDouble());
                Version = $"{test.GetProperty("build_commit").GetString()}, {test.GetProperty("model_type").GetString()}";
            }

            return rates;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new ContenderException($"{peer.Bench} answered what is not understood: {e.Message}", e);
        }
    }

    /// <summary>What <c>llama-batched-bench</c> tells: a table whose third column is the number of sequences and whose eighth is their tokens per second.</summary>
    /// <exception cref="ContenderException">It tells something else.</exception>
    internal IReadOnlyDictionary<Test, double> BatchedRates(string output)
    {
        Dictionary<Test, double> rates = [];
        foreach (string line in output.Split('\n'))
        {
            string[] cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (cells.Length >= 10 && int.TryParse(cells[3], NumberStyles.None, CultureInfo.InvariantCulture, out int sequences)
                && double.TryParse(cells[8], NumberStyles.Float, CultureInfo.InvariantCulture, out double rate))
            {
                rates[new(TestKind.Together, sequences)] = rate;
            }
        }

        return rates.Count > 0 ? rates : throw new ContenderException($"{peer.Batched} answered what is not understood: {output[..Math.Min(output.Length, 500)]}");
    }

    private static void Add(Dictionary<Test, double> all, IReadOnlyDictionary<Test, double> some)
    {
        foreach ((Test test, double rate) in some)
        {
            all[test] = rate;
        }
    }
}
