using System.Collections.Immutable;

namespace Aria.Ledger.Verification;

/// <summary>Findings as they come: the first are kept, all are counted, the worst is known.</summary>
internal sealed class FindingList
{
    private readonly List<LedgerFinding> _listed = [];

    public long Count { get; private set; }

    public Verdict Worst { get; private set; } = Verdict.Valid;

    public ImmutableArray<LedgerFinding> Listed => [.. _listed];

    public void Add(LedgerFinding finding)
    {
        Count++;
        Worst = finding.Verdict > Worst ? finding.Verdict : Worst;
        if (_listed.Count < LedgerVerifier.MaxFindings)
        {
            _listed.Add(finding);
        }
    }
}
