using System.Runtime.CompilerServices;
using Aria.Ledger.Entries;
using Aria.Ledger.Verification;

namespace Aria.Cli.Ledgers;

/// <summary>The log in a node's data folder, read without changing a byte, also beside the node that appends to it.</summary>
internal sealed class LogFolder(string name, string data, NodeId? expected) : ILogSource
{
    public string Name => name;

    public string Origin => data;

    public Task<VerificationResult> VerifyAsync(PayloadCheck check, CancellationToken cancellationToken) => Task.Run(
        () => LedgerVerification.VerifyDirectory(Path.Combine(data, "ledger"), Path.Combine(data, "head"), expected, check), cancellationToken);

    public async IAsyncEnumerable<LedgerEntry> NewestFirstAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<LedgerEntry> entries = [];
        VerificationResult result = await VerifyAsync(
            entry =>
            {
                entries.Add(entry);
                return [];
            },
            cancellationToken);
        if (entries.Count == 0)
        {
            throw CommandFailedException.Unreachable($"{data} holds no log that can be read: {result.Findings.FirstOrDefault()}");
        }

        for (int i = entries.Count - 1; i >= 0; i--)
        {
            yield return entries[i];
        }
    }
}
