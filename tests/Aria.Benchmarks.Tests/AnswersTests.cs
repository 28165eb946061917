using Aria.Benchmarks.Contenders;

namespace Aria.Benchmarks.Tests;

/// <summary>What the measured programs print, read.</summary>
public class AnswersTests
{
    private static readonly LlamaContender s_llama = new(new("it", "llama-bench", "llama-batched-bench", "m.gguf", new HashSet<TestKind>(), new Dictionary<TestKind, double>()));

    [Fact]
    public void LlamaBench_HasAnElementForEachTest()
    {
        IReadOnlyDictionary<Test, double> rates = s_llama.Rates("""
            a remark before it [of some builds]
            [
              { "build_commit": "abc123", "model_type": "0.7B", "n_prompt": 128, "n_gen": 0, "avg_ts": 185.5, "samples_ts": [ 185.5 ] },
              { "build_commit": "abc123", "model_type": "0.7B", "n_prompt": 0, "n_gen": 48, "avg_ts": 40.25, "samples_ts": [ 40.25 ] }
            ]
            """);
        Assert.Equal(new Dictionary<Test, double> { [new(TestKind.Prefill, 128)] = 185.5, [new(TestKind.Decode, 48)] = 40.25 }, rates);
        Assert.Equal("abc123, 0.7B", s_llama.Version);
    }

    [Fact]
    public void LlamaBatchedBench_HasALineForEachNumberOfSequences()
    {
        IReadOnlyDictionary<Test, double> rates = s_llama.BatchedRates("""
            main: n_kv_max = 384, n_batch = 2048

            |    PP |     TG |    B |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |      T s |    S t/s |
            |-------|--------|------|--------|----------|----------|----------|----------|----------|----------|
            |    16 |     32 |    8 |    384 |    0.711 |   180.03 |    2.111 |   121.27 |    2.822 |   136.07 |
            """);
        Assert.Equal(new Dictionary<Test, double> { [new(TestKind.Together, 8)] = 121.27 }, rates);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[\n{}\n]")]
    [InlineData("[\n1\n]")]
    [InlineData("error: no model")]
    public void WhatIsNotUnderstood_IsAnError(string output)
    {
        Assert.Throws<ContenderException>(() => s_llama.Rates(output));
        Assert.Throws<ContenderException>(() => s_llama.BatchedRates(output));
        Assert.Throws<ContenderException>(() => new AriaContender("aria", "m.gguf").Point(output));
    }
}
