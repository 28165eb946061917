using System.Globalization;

namespace Aria.Benchmarks;

/// <summary>What every contender does in every round.</summary>
/// <param name="Threads">Compute threads.</param>
/// <param name="Prompts">Lengths of prompts that are read, in tokens.</param>
/// <param name="Generated">Tokens that are written one by one after the first of the prompts or after none, as the contender has it; 0 leaves it out.</param>
/// <param name="Requests">Sequences decoded together; 0 leaves it out.</param>
/// <param name="RequestPrompt">Tokens of each such sequence's prompt.</param>
/// <param name="RequestGenerated">Tokens that each such sequence writes.</param>
internal sealed record Workload(int Threads, IReadOnlyList<int> Prompts, int Generated, int Requests, int RequestPrompt = 16, int RequestGenerated = 32)
{
    /// <summary>All tests, in the order of the report.</summary>
    public IEnumerable<Test> Tests =>
    [
        .. Generated > 0 ? [new(TestKind.Decode, Generated)] : Array.Empty<Test>(),
        .. Prompts.Select(prompt => new Test(TestKind.Prefill, prompt)),
        .. Requests > 0 ? [new(TestKind.Together, Requests)] : Array.Empty<Test>(),
    ];
}

/// <summary>The kinds of figures: tokens per second of each.</summary>
internal enum TestKind
{
    /// <summary>Tokens written one by one.</summary>
    Decode,

    /// <summary>A prompt read in one go.</summary>
    Prefill,

    /// <summary>Several sequences written together; of all of them.</summary>
    Together,
}

/// <summary>One figure.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Size">Tokens generated, tokens of the prompt, or sequences.</param>
internal readonly record struct Test(TestKind Kind, int Size)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind.ToString().ToLowerInvariant()} {Size}");
}
