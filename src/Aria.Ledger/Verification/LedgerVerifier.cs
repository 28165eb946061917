using Aria.Ledger.Entries;
using Aria.Ledger.Notes;
using Aria.Wire.Merkle;

namespace Aria.Ledger.Verification;

/// <summary>
/// Verifies a log entry by entry, from bytes that came from anywhere (specs/ledger.md §5). Feed it all entries from 0 on, then ask for the
/// result. It keeps 40 bytes an entry.
/// </summary>
public sealed class LedgerVerifier
{
    /// <summary>Findings listed in a result; more are counted.</summary>
    public const int MaxFindings = 100;

    private readonly NodeId? _expected;
    private readonly PayloadCheck? _payloadCheck;
    private readonly EntryChain _chain = new();
    private readonly Dictionary<Digest, long> _payloads = [];
    private readonly FindingList _findings = new();
    private readonly SignedNote? _note;
    private readonly Checkpoint? _checkpoint;
    private NodeManifest? _manifest;

    /// <summary>Begins.</summary>
    /// <param name="checkpoint">The note that the entries must lead to; null if none could be had, which cannot end in valid.</param>
    /// <param name="expected">Whose log it must be; null takes the manifest's word for it.</param>
    /// <param name="payloadCheck">The check of what the entries carry.</param>
    public LedgerVerifier(ReadOnlyMemory<byte>? checkpoint, NodeId? expected = null, PayloadCheck? payloadCheck = null)
    {
        (_expected, _payloadCheck) = (expected, payloadCheck);
        if (checkpoint is not { } bytes)
        {
            _findings.Add(LedgerFinding.OfCheckpoint(Verdict.Inconclusive, "there is none"));
        }
        else if (!SignedNote.TryParse(bytes.Span, out _note) || !Checkpoint.TryParse(_note.Text, out _checkpoint))
        {
            _findings.Add(LedgerFinding.OfCheckpoint(Verdict.Invalid, "it is not a checkpoint note"));
        }
    }

    /// <summary>Entries seen.</summary>
    public long Count => _chain.Count;

    /// <summary>Entries that the checkpoint covers; null if there is no readable one.</summary>
    public long? CheckpointSize => _checkpoint?.Size;

    internal IReadOnlyDictionary<Digest, long> Payloads => _payloads;

    internal void Add(LedgerFinding finding) => _findings.Add(finding);

    /// <summary>Looks at the next entry.</summary>
    public void Add(ReadOnlyMemory<byte> bytes)
    {
        long sequence = _chain.Count;
        EntryStatus status = LedgerEntry.TryDecode(bytes, out LedgerEntry? entry);
        if (entry is null)
        {
            _findings.Add(status switch
            {
                EntryStatus.UnknownVersion => LedgerFinding.OfEntry(Verdict.Inconclusive, sequence, "it has a version that this program does not know"),
                EntryStatus.TooLong => LedgerFinding.OfEntry(Verdict.Invalid, sequence, $"it has {bytes.Length} bytes, over the {LedgerEntry.MaxBytes} that one may have"),
                _ => LedgerFinding.OfEntry(Verdict.Invalid, sequence, "it is not spelled as an entry"),
            });
            _chain.AppendUnreadable(MerkleHash.Leaf(bytes.Span));
        }
        else
        {
            Check(sequence, entry);
            _chain.Append(entry);
        }

        if (_chain.Count == _checkpoint?.Size && _chain.Root != _checkpoint.Root)
        {
            _findings.Add(LedgerFinding.OfCheckpoint(Verdict.Invalid, $"its root is not that of the first {_checkpoint.Size} entries"));
        }
    }

    /// <summary>The verdict over all that was seen.</summary>
    public VerificationResult Complete()
    {
        if (_checkpoint is not null)
        {
            CheckCheckpoint(_checkpoint);
        }

        if (_chain.Count == 0)
        {
            _findings.Add(LedgerFinding.OfEntry(Verdict.Inconclusive, 0, "it is missing, and with it the log's keys"));
        }

        return new()
        {
            Verdict = _findings.Worst,
            Entries = _chain.Count,
            Manifest = _manifest,
            Checkpoint = _checkpoint,
            Findings = _findings.Listed,
            MoreFindings = _findings.Count - _findings.Listed.Length,
        };
    }

    private void Check(long sequence, LedgerEntry entry)
    {
        if (_chain.Refuse(entry) is { } reason)
        {
            Invalid(sequence, reason);
        }

        if (sequence == 0)
        {
            ReadManifest(entry);
        }

        if (_manifest is not null && !entry.VerifySignature(_manifest.LogKey))
        {
            Invalid(sequence, "its signature is not the log key's");
        }

        if (!_payloads.TryAdd(entry.PayloadDigest, sequence))
        {
            Invalid(sequence, $"it carries the same payload as entry {_payloads[entry.PayloadDigest]}");
        }

        foreach (PayloadFinding finding in _payloadCheck?.Invoke(entry) ?? [])
        {
            _findings.Add(LedgerFinding.OfEntry(finding.Verdict, sequence, finding.Reason));
        }
    }

    private void ReadManifest(LedgerEntry entry)
    {
        EntryStatus status = NodeManifest.TryDecode(entry.Payload, out _manifest, out string? problem);
        if (_manifest is null)
        {
            _findings.Add(status == EntryStatus.UnknownVersion
                ? LedgerFinding.OfEntry(Verdict.Inconclusive, 0, "its manifest has a version that this program does not know")
                : LedgerFinding.OfEntry(Verdict.Invalid, 0, "its payload is not a manifest"));
        }
        else if (problem is not null)
        {
            Invalid(0, problem);
        }

        if (_manifest is not null && _expected is { } expected && _manifest.Identity != expected)
        {
            Invalid(0, $"this is the log of {_manifest.Identity}, not of {expected}");
        }
    }

    private void CheckCheckpoint(Checkpoint checkpoint)
    {
        if (_chain.Count < checkpoint.Size)
        {
            string missing = checkpoint.Size - _chain.Count == 1 ? $"entry {_chain.Count} is" : $"entries {_chain.Count} to {checkpoint.Size - 1} are";
            _findings.Add(LedgerFinding.OfCheckpoint(Verdict.Inconclusive, $"it covers {checkpoint.Size} entries, but {missing} missing"));
        }

        if (_manifest is null)
        {
            _findings.Add(LedgerFinding.OfCheckpoint(Verdict.Inconclusive, "without a manifest its signature cannot be checked"));
        }
        else if (checkpoint.Origin != _manifest.Origin)
        {
            _findings.Add(LedgerFinding.OfCheckpoint(Verdict.Invalid, $"it is that of another log, {checkpoint.Origin}"));
        }
        else if (!_note!.IsSignedBy(new(_manifest.Origin, _manifest.LogKey)))
        {
            _findings.Add(LedgerFinding.OfCheckpoint(Verdict.Invalid, "its signature is not the log key's"));
        }
    }

    private void Invalid(long sequence, string reason) => _findings.Add(LedgerFinding.OfEntry(Verdict.Invalid, sequence, reason));
}
