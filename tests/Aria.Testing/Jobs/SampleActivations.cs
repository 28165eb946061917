using System.Collections.Immutable;

namespace Aria.Testing.Jobs;

/// <summary>What a job's stages computed: made up, or taken from an engine.</summary>
/// <param name="Layers">The model's.</param>
/// <param name="Prompt">Token ids.</param>
/// <param name="Output">Token ids.</param>
/// <param name="Sampling">How the output was chosen.</param>
/// <param name="Row">The residual at (boundary, position), boundaries 1 to the number of layers.</param>
/// <param name="Candidates">The head's answer at a position.</param>
public sealed record SampleActivations(
    int Layers, ImmutableArray<uint> Prompt, ImmutableArray<uint> Output, SamplingParameters Sampling,
    Func<int, int, float[]> Row, Func<int, Candidate[]> Candidates)
{
    /// <summary>The log-sum beside them, where the plan wants one.</summary>
    public Func<int, float?> LogSum { get; init; } = _ => null;

    /// <summary>Four layers of eight values, those of specs/vectors/provenance.</summary>
    public static SampleActivations MadeUp { get; } = new(
        4, [1, 17, 300, 70000, 5], [9, 10, 2], new(0.75f, 40, 0.9f, 42),
        (boundary, position) => [.. Enumerable.Range(0, 8).Select(i => (boundary * 100) + position + (i / 8f))],
        position => [new((uint)position, 3.5f), new((uint)position + 1, -0.25f)]);

    /// <summary>The tokens at positions 0 to the end.</summary>
    public ImmutableArray<uint> Tokens => [.. Prompt, .. Output];

    /// <summary>How many of them are ever an input: all but the last.</summary>
    public int PositionCount => Prompt.Length + Output.Length - 1;
}
