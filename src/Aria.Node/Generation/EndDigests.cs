using Aria.Pipeline;
using Aria.Provenance.Activations;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;

namespace Aria.Node.Generation;

/// <summary>
/// Digests of what a gateway itself put into an attempt and got out of it. A first stage that signs other tokens, or a last one that signs other candidates than it sent,
/// would leave the gateway to blame: its receipt is no receipt (specs/node.md §2).
/// </summary>
internal sealed class EndDigests(JobPlan plan, Digest jobKey) : IDisposable
{
    private readonly ActivationHash _hash = new(jobKey.Span, plan.Job);
    private readonly List<Digest> _tokens = [], _candidates = [];

    /// <summary>Tokens that go in, at the next positions.</summary>
    public void AddTokens(ReadOnlySpan<uint> tokens)
    {
        foreach (uint token in tokens)
        {
            _tokens.Add(_hash.OfToken(_tokens.Count, token));
        }
    }

    /// <summary>What came out, at the next position from the plan's head_from on.</summary>
    public void AddAnswer(HeadAnswer answer) =>
        _candidates.Add(_hash.OfCandidates(plan.Stages[^1].Span.OutBoundary + 1, plan.HeadFrom + _candidates.Count, answer.Candidates.Span, answer.LogSum));

    /// <summary>What a receipt says that the gateway knows better, or null. Candidates that were signed and did not arrive prove nothing.</summary>
    public string? Contradiction(StageReceipt receipt)
    {
        bool first = receipt.Stage == 0, last = receipt.Stage == plan.Stages.Length - 1;
        return first && receipt.FirstPosition == 0 && receipt.PositionCount <= _tokens.Count && receipt.InRoot != Root(_tokens, receipt.PositionCount)
                ? "it is not over the tokens that went in"
            : last && receipt.Head is { } head && head.FirstPosition == plan.HeadFrom && head.Count <= _candidates.Count && head.Root != Root(_candidates, head.Count)
                ? "it is not over the candidates that came out"
            : null;
    }

    public void Dispose() => _hash.Dispose();

    private static Digest Root(List<Digest> digests, int count) => PositionRoot.Of([.. digests.Take(count)]);
}
