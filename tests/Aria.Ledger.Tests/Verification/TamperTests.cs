using Aria.Ledger.Entries;
using Aria.Ledger.Notes;
using Aria.Ledger.Storage;
using Aria.Ledger.Verification;
using Aria.Wire.Signing;

namespace Aria.Ledger.Tests.Verification;

/// <summary>Changes made through the store's own interface, which leave every checksum right: the entry is named, and no node starts over them.</summary>
public sealed class TamperTests : IDisposable
{
    private const int Victim = 5;

    private readonly LedgerFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ARewrittenEntry_IsNamed()
    {
        byte[][] entries = await TenEntries();
        byte[] changed = [.. entries[Victim]];
        changed[^100]++;        // in the payload
        Rewrite(Victim, changed);
        AssertNamed(Victim, "its signature is not the log key's");
    }

    [Fact]
    public async Task ARewrittenEntryThatIsNoEntry_IsNamed()
    {
        await TenEntries();
        Rewrite(Victim, new byte[600]);
        AssertNamed(Victim, "it is not spelled as an entry");
    }

    [Fact]
    public async Task AnEntryFromElsewhere_SignedByAnotherKey_IsNamed()
    {
        byte[][] entries = await TenEntries();
        using SigningKey other = SigningKey.FromSeed(new byte[32]);
        LedgerEntry original = Decode(entries[Victim]);
        LedgerEntry forged = LedgerEntry.Seal(other, Victim, original.Previous, original.UnixMilliseconds, EntryKind.Record, "forged"u8.ToArray());
        Rewrite(Victim, forged.Bytes.ToArray());
        AssertNamed(Victim, "its signature is not the log key's");
    }

    [Fact]
    public async Task AnEntryRewrittenByItsOwner_BreaksTheChainAndTheRoot()
    {
        byte[][] entries = await TenEntries();
        LedgerEntry original = Decode(entries[Victim]);
        using LedgerKeys keys = new(_folder.Identity, _folder.Origin);
        LedgerEntry forged = LedgerEntry.Seal(keys.Log, Victim, original.Previous, original.UnixMilliseconds, EntryKind.Record, "forged"u8.ToArray());
        Rewrite(Victim, forged.Bytes.ToArray());
        AssertNamed(Victim + 1, $"its link is not the hash of entry {Victim}");
        Assert.Contains(_folder.Verify().Findings, finding => finding is { Subject: "checkpoint", Verdict: Verdict.Invalid });
    }

    [Fact]
    public async Task AWholeHistoryRewrittenByItsOwner_IsNotWhatTheHeadSays()
    {
        byte[][] entries = await TenEntries();
        using LedgerKeys keys = new(_folder.Identity, _folder.Origin);
        EntryChain chain = new();
        List<LedgerEntry> forged = [];
        foreach (LedgerEntry original in entries.Select(Decode))
        {
            ReadOnlyMemory<byte> payload = original.Sequence == Victim ? "forged"u8.ToArray() : original.Payload;
            forged.Add(LedgerEntry.Seal(keys.Log, original.Sequence, chain.Previous, original.UnixMilliseconds, original.Kind, payload));
            chain.Append(forged[^1]);
        }

        using (RocksStore store = RocksStore.Open(_folder.Store))
        {
            store.Write(forged.Select(entry => (entry.Sequence, entry.Bytes, entry.PayloadDigest)));
            store.WriteIndex([], [Decode(entries[Victim]).PayloadDigest.ToArray()]);
        }

        FileList.Write(_folder.Store, _folder.Head);
        LedgerFinding finding = Assert.Single(_folder.Verify().Findings);
        Assert.Equal(("checkpoint", Verdict.Invalid), (finding.Subject, finding.Verdict));
        Assert.Throws<LedgerRefusedException>(() => _folder.Open());
    }

    [Fact]
    public async Task TwoSwappedEntries_AreNamed()
    {
        byte[][] entries = await TenEntries();
        Rewrite(3, entries[4]);
        Rewrite(4, entries[3]);
        AssertNamed(3, "it says that it is entry 4");
        AssertNamed(4, "it says that it is entry 3");
    }

    [Fact]
    public async Task AnEntryCopiedToTheEnd_IsNamed()
    {
        byte[][] entries = await TenEntries();
        Rewrite(entries.Length, entries[^1]);
        AssertNamed(entries.Length, $"it says that it is entry {entries.Length - 1}");
    }

    [Fact]
    public async Task APayloadThatStandsTwice_IsNamed()
    {
        byte[][] entries = await TenEntries();
        LedgerEntry last = Decode(entries[^1]);
        using LedgerKeys keys = new(_folder.Identity, _folder.Origin);
        LedgerEntry again = LedgerEntry.Seal(keys.Log, entries.Length, last.LeafHash, last.UnixMilliseconds + 1, EntryKind.Record, Decode(entries[2]).Payload);
        Rewrite(entries.Length, again.Bytes.ToArray());
        VerificationResult result = _folder.Verify();
        Assert.Contains(result.Findings, finding => finding.Sequence == entries.Length && finding.Reason == "it carries the same payload as entry 2");
    }

    [Fact]
    public async Task AWrongIndex_IsFound_AndSetRightByAStart()
    {
        byte[][] entries = await TenEntries();
        Digest payload = Decode(entries[3]).PayloadDigest;
        using (RocksStore store = RocksStore.Open(_folder.Store))
        {
            store.WriteIndex([(payload, 7), (Digest.Of([9]), 2)], [Decode(entries[6]).PayloadDigest.ToArray()]);
        }

        FileList.Write(_folder.Store, _folder.Head);
        VerificationResult result = _folder.Verify();
        Assert.Equal(Verdict.Invalid, result.Verdict);
        Assert.All(result.Findings, finding => Assert.Equal("index", finding.Subject));
        Assert.Equal(3, result.Findings.Length);
        await using (LedgerLog log = _folder.Open())
        {
            Assert.True(log.TryFind(payload, out long sequence));
            Assert.Equal(3, sequence);
            Assert.Equal(6, (await log.AppendAsync(EntryKind.Record, Decode(entries[6]).Payload, Token)).Sequence);
            Assert.False(log.TryFind(Digest.Of([9]), out _));
        }

        Assert.Equal(Verdict.Valid, _folder.Verify().Verdict);
    }

    [Fact]
    public async Task AnotherLogsHead_IsNamed_AndRefused()
    {
        await TenEntries();
        using LedgerFolder other = new(seed: 2);
        await other.AppendAsync(1);
        File.Copy(Path.Combine(other.Head, HeadFile.FileName), Path.Combine(_folder.Head, HeadFile.FileName), overwrite: true);
        Assert.Contains(_folder.Verify().Findings, finding => finding.Subject == "checkpoint" && finding.Reason.Contains(other.Origin, StringComparison.Ordinal));
        Assert.Contains(other.Origin, Assert.Throws<LedgerRefusedException>(() => _folder.Open()).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AForgedHead_IsNamed_AndRefused()
    {
        await TenEntries();
        Checkpoint head = _folder.ReadHead();
        using SigningKey other = SigningKey.FromSeed(new byte[32]);
        using LedgerKeys keys = new(_folder.Identity, _folder.Origin);
        SignedNote forged = SignedNote.Sign((head with { Size = 4, Root = Digest.Of([1]) }).ToText(), new(_folder.Origin, keys.Log.Id), other);
        HeadFile.Write(_folder.Head, forged.Encode());
        Assert.Equal(Verdict.Invalid, _folder.Verify().Verdict);
        Assert.Contains("signature", Assert.Throws<LedgerRefusedException>(() => _folder.Open()).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnOlderHead_IsCaughtUp_ANewerHead_RefusesTheStore()
    {
        await _folder.AppendAsync(1, 2, 3);
        using LedgerFolder older = _folder.Copy();
        await _folder.AppendAsync(4, 5);

        // Rollback: the old store under the new head.
        using (LedgerFolder rolledBack = older.Copy())
        {
            File.Copy(Path.Combine(_folder.Head, HeadFile.FileName), Path.Combine(rolledBack.Head, HeadFile.FileName), overwrite: true);
            VerificationResult result = rolledBack.Verify();
            Assert.Equal(Verdict.Inconclusive, result.Verdict);
            Assert.Contains(result.Findings, finding => finding.Reason == "it covers 6 entries, but entries 4 to 5 are missing");
            Assert.Contains("holds 4 entries, but its head says that 6", Assert.Throws<LedgerRefusedException>(() => rolledBack.Open()).Problem, StringComparison.Ordinal);
        }

        // An old head over the new store is what a crash before the head file leaves: nothing is lost, the entries behind it are signed.
        File.Copy(Path.Combine(older.Head, HeadFile.FileName), Path.Combine(_folder.Head, HeadFile.FileName), overwrite: true);
        Assert.Equal(4, _folder.ReadHead().Size);
        Assert.Equal(Verdict.Valid, _folder.Verify().Verdict);
        await using LedgerLog log = _folder.Open();
        Assert.Equal(6, log.Head.Size);
        Assert.Equal(6, _folder.ReadHead().Size);
    }

    [Fact]
    public async Task AnotherNodesWholeLog_IsNotTheOneAskedFor()
    {
        await TenEntries();
        using LedgerFolder other = new(seed: 2);
        VerificationResult result = LedgerVerification.VerifyDirectory(_folder.Store, _folder.Head, other.Identity.Id);
        LedgerFinding finding = Assert.Single(result.Findings);
        Assert.Equal((0L, Verdict.Invalid), (finding.Sequence!.Value, finding.Verdict));
        Assert.Equal(Verdict.Valid, LedgerVerification.VerifyDirectory(_folder.Store, _folder.Head).Verdict);
    }

    [Fact]
    public async Task ThePayloadCheck_SeesEveryEntry_AndItsFindingsCount()
    {
        await TenEntries();
        List<long> seen = [];
        VerificationResult result = _folder.Verify(entry =>
        {
            seen.Add(entry.Sequence);
            return entry.Sequence == 3 ? [new(Verdict.Invalid, "two and two are five")] : entry.Sequence == 4 ? [new(Verdict.Inconclusive, "too dark to see")] : [];
        });
        Assert.Equal(Enumerable.Range(0, 11).Select(i => (long)i), seen);
        Assert.Equal(Verdict.Invalid, result.Verdict);
        Assert.Equal(["entry 3: two and two are five", "entry 4: too dark to see"], result.Findings.Select(finding => finding.ToString()));
    }

    private static LedgerEntry Decode(byte[] bytes)
    {
        Assert.Equal(EntryStatus.Done, LedgerEntry.TryDecode(bytes, out LedgerEntry? entry));
        return entry!;
    }

    private async Task<byte[][]> TenEntries()
    {
        await _folder.AppendAsync([.. Enumerable.Range(0, 10)]);
        Assert.Equal(Verdict.Valid, _folder.Verify().Verdict);
        return _folder.Entries();
    }

    private void Rewrite(long sequence, byte[] bytes)
    {
        Digest payload = LedgerEntry.TryDecode(bytes, out LedgerEntry? entry) == EntryStatus.Done ? entry!.PayloadDigest : Digest.Of(bytes);
        _folder.Rewrite(sequence, bytes, payload);
    }

    private void AssertNamed(long sequence, string reason)
    {
        VerificationResult result = _folder.Verify();
        Assert.Equal(Verdict.Invalid, result.Verdict);
        Assert.Contains(result.Findings, finding => finding.Sequence == sequence && finding.Verdict == Verdict.Invalid && finding.Reason == reason);
        Assert.Contains("Nothing was changed", Assert.Throws<LedgerRefusedException>(() => _folder.Open()).NextStep, StringComparison.Ordinal);
    }
}
