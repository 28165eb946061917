using System.Runtime.InteropServices;

namespace Aria.Engine.Sampling;

/// <summary>Which tokens stand in prompt and answer, and how often in the answer (specs/sampling.md §5). As many entries as different tokens.</summary>
/// <param name="answerFrom">The answer's first position.</param>
internal sealed class TokenCounts(int answerFrom)
{
    private readonly Dictionary<uint, int> _inAnswer = [];
    private int _next;

    /// <summary>Takes the token of the next position.</summary>
    public void Add(uint token) =>
        CollectionsMarshal.GetValueRefOrAddDefault(_inAnswer, token, out _) += _next++ >= answerFrom ? 1 : 0;

    /// <summary>Whether the token stands at all, and how often in the answer.</summary>
    public bool TryGet(uint token, out int inAnswer) => _inAnswer.TryGetValue(token, out inAnswer);

    /// <summary>Every token that stands, with its count in the answer, in no order.</summary>
    public Dictionary<uint, int>.Enumerator GetEnumerator() => _inAnswer.GetEnumerator();
}
