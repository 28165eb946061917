namespace Aria.Engine;

/// <summary>Names the rules of arithmetic that this engine computes by (specs/numerics.md).</summary>
public static class NumericSpec
{
    /// <summary>The id that capability records, plans and records carry.</summary>
    public const string Id = "ARIA-NUM-1";
}
