using Aria.Engine.Models;

namespace Aria.Engine.Execution;

/// <summary>One of the rows that the head is applied to together, with all the room that takes.</summary>
internal sealed unsafe class HeadRow(ModelShape shape) : IDisposable
{
    /// <summary>Rows that go through the head together.</summary>
    public const int MaxTogether = 8;

    private readonly NativeArray<float> _input = new(shape.Dim);
    private readonly NativeArray<float> _logits = new(shape.Vocabulary);
    private readonly NativeArray<float> _lower = new(shape.Vocabulary);
    private readonly NativeArray<float> _upper = new(shape.Vocabulary);
    private readonly NativeArray<int> _chosen = new(shape.Vocabulary);

    /// <summary>Final norm, rounded to f16.</summary>
    public float* Input => _input.Pointer;

    /// <summary>(vocabulary); of the chosen tokens alone, in their order, when screened.</summary>
    public float* Logits => _logits.Pointer;

    /// <summary>(vocabulary), when screened: no logit is below.</summary>
    public float* Lower => _lower.Pointer;

    /// <summary>(vocabulary), when screened: no logit is above.</summary>
    public float* Upper => _upper.Pointer;

    /// <summary>Tokens that may be among the best, ascending, when screened.</summary>
    public int* Chosen => _chosen.Pointer;

    /// <summary>What is asked.</summary>
    public HeadQuery Query { get; set; }

    /// <summary>Whether every number so far was finite.</summary>
    public bool Finite { get; set; }

    /// <summary>What the screen knows of the input; null: every logit is computed.</summary>
    public ScreenInput? Screened { get; set; }

    /// <summary>How many logits are computed.</summary>
    public int Count { get; set; }

    public void Dispose()
    {
        IDisposable[] all = [_input, _logits, _lower, _upper, _chosen];
        Array.ForEach(all, part => part.Dispose());
    }
}
