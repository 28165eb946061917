using System.Collections.Immutable;
using System.Globalization;

namespace Aria;

/// <summary>What the head adds to the logits of single tokens before it ranks them (specs/sampling.md §5): by token ascending, none twice, none zero.</summary>
public readonly struct LogitBiases : IEquatable<LogitBiases>
{
    /// <summary>Most tokens.</summary>
    public const int MaxCount = 64;

    /// <summary>Largest bias of either sign.</summary>
    public const float MaxMagnitude = 100f;

    private readonly ImmutableArray<LogitBias> _biases;

    private LogitBiases(ImmutableArray<LogitBias> biases) => _biases = biases;

    /// <summary>By token ascending.</summary>
    public ReadOnlySpan<LogitBias> Span => _biases.IsDefault ? [] : _biases.AsSpan();

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => Span.IsEmpty;

    /// <summary>In any order; those of zero are left out.</summary>
    /// <exception cref="ArgumentException">Too many, one token twice, or one that is no number or too large.</exception>
    public static LogitBiases Of(IEnumerable<LogitBias> biases)
    {
        ImmutableArray<LogitBias> sorted = [.. biases.Where(bias => bias.Bias != 0).OrderBy(bias => bias.Token)];
        return IsCanonical(sorted.AsSpan())
            ? new(sorted)
            : throw new ArgumentException($"At most {MaxCount} biases from -{MaxMagnitude} to {MaxMagnitude}, one for a token.", nameof(biases));
    }

    /// <summary>Takes them as they are, if they stand as <see cref="Span"/> has them.</summary>
    public static bool TryOf(ImmutableArray<LogitBias> biases, out LogitBiases result)
    {
        bool ok = !biases.IsDefault && IsCanonical(biases.AsSpan());
        result = ok ? new(biases) : default;
        return ok;
    }

    /// <inheritdoc/>
    public bool Equals(LogitBiases other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is LogitBiases other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (LogitBias bias in Span)
        {
            hash.Add(bias);
        }

        return hash.ToHashCode();
    }

    /// <summary><c>{7:-100, 9:2.5}</c></summary>
    public override string ToString() =>
        $"{{{string.Join(", ", Span.ToArray().Select(bias => string.Create(CultureInfo.InvariantCulture, $"{bias.Token}:{bias.Bias}")))}}}";

    /// <summary>Equal biases for equal tokens.</summary>
    public static bool operator ==(LogitBiases left, LogitBiases right) => left.Equals(right);

    /// <summary>Different.</summary>
    public static bool operator !=(LogitBiases left, LogitBiases right) => !left.Equals(right);

    private static bool IsCanonical(ReadOnlySpan<LogitBias> biases)
    {
        for (int i = 0; i < biases.Length; i++)
        {
            bool number = biases[i].Bias is (>= -MaxMagnitude and < 0) or (> 0 and <= MaxMagnitude);
            if (!number || (i > 0 && biases[i].Token <= biases[i - 1].Token))
            {
                return false;
            }
        }

        return biases.Length <= MaxCount;
    }
}

/// <summary>What is added to one token's logit.</summary>
public readonly record struct LogitBias(uint Token, float Bias);
