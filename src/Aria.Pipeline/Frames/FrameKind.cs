namespace Aria.Pipeline.Frames;

/// <summary>What a frame on an activation stream carries (specs/pipeline.md §3).</summary>
public enum FrameKind
{
    /// <summary>The first frame: names the session whose input this stream is.</summary>
    Begin = 0,

    /// <summary>Token ids, boundary 0.</summary>
    Tokens = 1,

    /// <summary>Rows of the residual at a boundary, and the tokens where the head's owner counts them.</summary>
    Residual = 2,

    /// <summary>What the head proposes, boundary L + 1, and the log-sum where it is wanted.</summary>
    Candidates = 3,

    /// <summary>Nothing more will come.</summary>
    End = 4,
}
