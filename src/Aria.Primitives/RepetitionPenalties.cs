namespace Aria;

/// <summary>What makes tokens less likely that stand already (specs/sampling.md §5).</summary>
/// <param name="Repetition">Divides positive logits and multiplies others, for tokens of prompt and answer; above 0, at most 2; 1 changes nothing.</param>
/// <param name="Frequency">Taken off for each time that a token stands in the answer; −2 to 2.</param>
/// <param name="Presence">Taken off once, for a token that stands in the answer; −2 to 2.</param>
public readonly record struct RepetitionPenalties(float Repetition, float Frequency, float Presence)
{
    /// <summary>Nothing changes.</summary>
    public static RepetitionPenalties None { get; } = new(1f, 0f, 0f);

    /// <summary>Taken off for each time that a token stands in the answer; never a negative zero, which would be another zero in a result's bits.</summary>
    public float Frequency { get; init => field = value + 0f; } = Frequency + 0f;

    /// <summary>Taken off once, for a token that stands in the answer; never a negative zero.</summary>
    public float Presence { get; init => field = value + 0f; } = Presence + 0f;

    /// <summary>Whether nothing changes, and so nothing need be counted.</summary>
    public bool IsNone => this == None;

    /// <summary>Whether every number is in its range.</summary>
    public bool IsValid => Repetition is > 0 and <= 2 && Frequency is >= -2 and <= 2 && Presence is >= -2 and <= 2;
}
