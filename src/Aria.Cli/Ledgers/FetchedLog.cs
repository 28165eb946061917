using System.Runtime.CompilerServices;
using Aria.Discovery;
using Aria.Ledger.Entries;
using Aria.Ledger.Notes;
using Aria.Ledger.Verification;
using Aria.Libp2p;
using Aria.Node.Ledgers;

namespace Aria.Cli.Ledgers;

/// <summary>A running node's log, fetched from it over the network and believed only as far as it verifies here.</summary>
/// <param name="name">What people call the node.</param>
/// <param name="address">Where it listens, with <c>/p2p</c>: whose log it must be.</param>
/// <param name="visitor">Asks for it.</param>
internal sealed class FetchedLog(string name, Multiaddress address, LedgerVisitor visitor) : ILogSource
{
    private const int PageEntries = 256;

    public string Name => name;

    public string Origin => address.ToString();

    public async Task<VerificationResult> VerifyAsync(PayloadCheck check, CancellationToken cancellationToken)
    {
        PeerId owner = visitor.Meet(address);
        try
        {
            ReadOnlyMemory<byte> head = await visitor.Client.HeadAsync(owner, cancellationToken);
            LedgerVerifier verifier = new(head, owner.NodeIdOf(), check);
            await foreach (ReadOnlyMemory<byte> entry in visitor.Client.EntriesAsync(owner, 0, verifier.CheckpointSize ?? 0, cancellationToken))
            {
                verifier.Add(entry);
            }

            return verifier.Complete();
        }
        catch (LedgerFetchException e)
        {
            return new()
            {
                Verdict = Verdict.Inconclusive,
                Entries = 0,
                Findings = [new LedgerFinding(Verdict.Inconclusive, null, "log", $"the node does not hand it out: {e.Reason}")],
            };
        }
    }

    public async IAsyncEnumerable<LedgerEntry> NewestFirstAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PeerId owner = visitor.Meet(address);
        for (long end = await SizeAsync(owner, cancellationToken); end > 0;)
        {
            long from = Math.Max(0, end - PageEntries);
            List<LedgerEntry> page = await PageAsync(owner, from, end, cancellationToken);
            for (int i = page.Count - 1; i >= 0; i--)
            {
                yield return page[i];
            }

            end = from;
        }
    }

    private async Task<long> SizeAsync(PeerId owner, CancellationToken cancellationToken)
    {
        try
        {
            ReadOnlyMemory<byte> head = await visitor.Client.HeadAsync(owner, cancellationToken);
            return SignedNote.TryParse(head.Span, out SignedNote? note) && Checkpoint.TryParse(note.Text, out Checkpoint? checkpoint)
                ? checkpoint.Size
                : throw CommandFailedException.Unreachable($"The head that {name} hands out is none.");
        }
        catch (LedgerFetchException e)
        {
            throw NotHandedOut(e);
        }
    }

    private async Task<List<LedgerEntry>> PageAsync(PeerId owner, long from, long end, CancellationToken cancellationToken)
    {
        List<LedgerEntry> page = [];
        try
        {
            await foreach (ReadOnlyMemory<byte> bytes in visitor.Client.EntriesAsync(owner, from, end, cancellationToken))
            {
                page.Add(LedgerEntry.TryDecode(bytes, out LedgerEntry? entry) == EntryStatus.Done
                    ? entry!
                    : throw CommandFailedException.Unreachable($"Entry {from + page.Count} that {name} hands out cannot be read.", $"aria ledger verify --node {name}"));
            }
        }
        catch (LedgerFetchException e)
        {
            throw NotHandedOut(e);
        }

        return page;
    }

    private CommandFailedException NotHandedOut(LedgerFetchException e) =>
        new(ExitCode.Unreachable, "log_not_handed_out", $"{name} does not hand out its log: {e.Reason}", $"aria ledger verify --node {name}", e);
}
