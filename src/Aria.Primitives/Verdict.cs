namespace Aria;

/// <summary>What a check came to. "Could not check" is never "all is well".</summary>
public enum Verdict
{
    /// <summary>All that was claimed holds.</summary>
    Valid = 0,

    /// <summary>Nothing speaks against it, but something needed for the check is missing.</summary>
    Inconclusive = 1,

    /// <summary>Something is proven wrong.</summary>
    Invalid = 2,
}
