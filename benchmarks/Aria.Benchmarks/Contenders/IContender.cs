namespace Aria.Benchmarks.Contenders;

/// <summary>A program that is measured. Each measurement is a process of its own, with a run of its own that is not counted.</summary>
internal interface IContender
{
    /// <summary>What the report calls it.</summary>
    string Name { get; }

    /// <summary>Its model file.</summary>
    string Model { get; }

    /// <summary>Which build it is, as it says itself; known after the first measurement.</summary>
    string? Version { get; }

    /// <summary>One sample of each test that it takes part in, in tokens per second.</summary>
    /// <exception cref="ContenderException">It failed, or answered what is not understood.</exception>
    Task<IReadOnlyDictionary<Test, double>> MeasureAsync(Workload workload, CancellationToken cancellationToken);
}

/// <summary>A program that is measured did not do its part.</summary>
internal sealed class ContenderException(string message, Exception? cause = null) : Exception(message, cause);
