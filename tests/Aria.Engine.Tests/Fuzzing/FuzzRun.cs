using System.Globalization;

namespace Aria.Engine.Tests.Fuzzing;

/// <summary>What came of many changed inputs to one parser.</summary>
internal sealed record FuzzRun
{
    public required string Target { get; init; }

    public required int Seed { get; init; }

    public required int Inputs { get; init; }

    /// <summary>Inputs that were taken as right.</summary>
    public required int Accepted { get; init; }

    /// <summary>Inputs by the exception that they led to.</summary>
    public required SortedDictionary<string, int> Exceptions { get; init; }

    /// <summary>Most managed memory that one input took, in bytes.</summary>
    public required long MostBytes { get; init; }

    public required string Date { get; init; }

    public static FuzzRun Of(FuzzTarget target, int seed, int inputs)
    {
        Random random = new(seed);
        SortedDictionary<string, int> exceptions = new(StringComparer.Ordinal);
        int accepted = 0;
        long most = 0;
        for (int i = 0; i < inputs; i++)
        {
            byte[] input = Mutation.Of(random, target.Seeds);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                target.Parse(input);
                accepted++;
            }
#pragma warning disable CA1031 // Whatever comes is counted by its type.
            catch (Exception e)
#pragma warning restore CA1031
            {
                exceptions[e.GetType().Name] = exceptions.GetValueOrDefault(e.GetType().Name) + 1;
                if (!target.Expected.Contains(e.GetType()))
                {
                    throw new InvalidOperationException($"{target.Name}, seed {seed}, input {i}: {Convert.ToHexString(input)}", e);
                }
            }

            most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return new()
        {
            Target = target.Name, Seed = seed, Inputs = inputs, Accepted = accepted, Exceptions = exceptions, MostBytes = most,
            Date = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        };
    }
}
