namespace Aria.Pipeline.Frames;

/// <summary>How many positions a frame may carry so that every stage's frame of them fits (specs/pipeline.md §3).</summary>
public static class FrameLimit
{
    private const int MaxBodyBytes = ActivationFrame.MaxFrameBytes - 64;

    /// <summary>For a model of <paramref name="dim"/> values a row: at most <see cref="ActivationFrame.MaxCount"/>.</summary>
    public static int Positions(int dim) => Math.Min(ActivationFrame.MaxCount, MaxBodyBytes / FrameBody.MaxPositionBytes(dim));
}
