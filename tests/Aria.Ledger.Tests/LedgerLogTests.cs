using System.Globalization;
using Aria.Ledger.Appending;
using Aria.Ledger.Entries;
using Aria.Ledger.Verification;

namespace Aria.Ledger.Tests;

public sealed class LedgerLogTests : IDisposable
{
    private readonly LedgerFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ANewLog_BeginsWithItsManifest()
    {
        await using LedgerLog log = _folder.Open();
        Assert.Equal(1, log.Head.Size);
        LedgerEntry entry = Assert.Single(await log.ReadAsync(0, 10, Token).ToArrayAsync(Token));
        Assert.Equal(EntryKind.Manifest, entry.Kind);
        Assert.Equal(entry.LeafHash, log.Head.Root);
        Assert.Equal(_folder.Identity.Id, log.Manifest.Identity);
        Assert.Equal(_folder.Origin, log.Manifest.Origin);
        Assert.Equal("aria/test", log.Manifest.Software);
        Assert.True(entry.VerifySignature(log.Manifest.LogKey));
        Assert.NotEqual(log.Manifest.LogKey, log.Manifest.WitnessKey);
        Assert.NotEqual(log.Manifest.LogKey, log.Manifest.Identity);
    }

    [Fact]
    public async Task WhatWasAcknowledged_IsThereAfterARestart()
    {
        Dictionary<int, LedgerPosition> positions = [];
        for (int run = 0; run < 4; run++)
        {
            await using LedgerLog log = _folder.Open();
            Assert.Equal(1 + (run * 5), log.Head.Size);
            for (int i = run * 5; i < (run + 1) * 5; i++)
            {
                positions[i] = await log.AppendAsync(EntryKind.Record, LedgerFolder.Payload(i), Token);
            }
        }

        await using LedgerLog last = _folder.Open();
        LedgerEntry[] entries = await last.ReadAsync(1, 100, Token).ToArrayAsync(Token);
        Assert.Equal(20, entries.Length);
        Assert.All(entries.Index(), entry =>
        {
            Assert.Equal(positions[entry.Index], new(entry.Item.Sequence, entry.Item.LeafHash));
            Assert.Equal(LedgerFolder.Payload(entry.Index), entry.Item.Payload.ToArray());
            Assert.True(last.TryFind(Digest.Of(entry.Item.Payload.Span), out long sequence));
            Assert.Equal(entry.Item.Sequence, sequence);
        });
        Assert.False(last.TryFind(Digest.Of([1, 2, 3]), out _));
        Assert.Empty(_folder.Verify().Findings);
    }

    [Fact]
    public async Task ASecondAppendOfAPayload_FindsTheFirst()
    {
        LedgerPosition first;
        await using (LedgerLog log = _folder.Open())
        {
            first = await log.AppendAsync(EntryKind.Record, LedgerFolder.Payload(1), Token);
            Assert.Equal(first, await log.AppendAsync(EntryKind.Record, LedgerFolder.Payload(1), Token));
            Assert.Equal(first, await log.AppendAsync(EntryKind.JobFailed, LedgerFolder.Payload(1), Token));
        }

        await using LedgerLog again = _folder.Open();
        Assert.Equal(first, await again.AppendAsync(EntryKind.Record, LedgerFolder.Payload(1), Token));
        Assert.Equal(2, again.Head.Size);
    }

    [Fact]
    public async Task ConcurrentAppends_EachStandOnce_InGroups()
    {
        int heads = 0;
        await using LedgerLog log = _folder.Open(step => heads += step == CommitStep.HeadWritten ? 1 : 0);
        Task<LedgerPosition>[] appends = [.. Enumerable.Range(0, 3 * LedgerLog.MaxWaitingAppends)
            .Select(i => Task.Run(() => log.AppendAsync(EntryKind.Record, LedgerFolder.Payload(i % 700), Token).AsTask(), Token))];
        LedgerPosition[] positions = await Task.WhenAll(appends);
        Assert.Equal(701, log.Head.Size);
        Assert.Equal(Enumerable.Range(1, 700).Select(i => (long)i), positions.Select(p => p.Sequence).Distinct().Order());
        Assert.All(positions.Index(), p => Assert.Equal(positions[p.Index % 700], p.Item));
        Assert.True(heads < 700, $"{heads} commits for 701 entries");
        Assert.Equal(Verdict.Valid, _folder.Verify().Verdict);      // beside the open log
    }

    [Fact]
    public async Task AClockThatIsSetBack_DoesNotTurnTheLogBack()
    {
        await _folder.AppendAsync(1, 2);
        _folder.Time.AdjustTime(_folder.Time.GetUtcNow() - TimeSpan.FromDays(1));
        await _folder.AppendAsync(3, 4);
        await using LedgerLog log = _folder.Open();
        long[] times = [.. (await log.ReadAsync(0, 10, Token).ToArrayAsync(Token)).Select(entry => entry.UnixMilliseconds)];
        Assert.Equal(times.Distinct().Order(), times);
        Assert.Equal(5, times.Length);
    }

    [Fact]
    public async Task ASecondOpener_IsRefused_AndHarmsNothing()
    {
        await using LedgerLog log = _folder.Open();
        LedgerLockedException refused = Assert.Throws<LedgerLockedException>(() => _folder.Open());
        Assert.Equal(Environment.ProcessId, refused.ProcessId);
        Assert.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);
        await log.AppendAsync(EntryKind.Record, LedgerFolder.Payload(1), Token);
        Assert.Equal(Verdict.Valid, _folder.Verify().Verdict);
    }

    [Fact]
    public async Task APayloadOverTheLimit_IsRefused_OneAtTheLimitIsNot()
    {
        await using LedgerLog log = _folder.Open();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await log.AppendAsync(EntryKind.Record, new byte[LedgerEntry.MaxPayloadBytes + 1], Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await log.AppendAsync(EntryKind.Manifest, new byte[1], Token));
        LedgerPosition position = await log.AppendAsync(EntryKind.Record, new byte[LedgerEntry.MaxPayloadBytes], Token);
        LedgerEntry entry = await log.ReadAsync(position.Sequence, 1, Token).SingleAsync(Token);
        Assert.InRange(entry.Bytes.Length, LedgerEntry.MaxPayloadBytes, LedgerEntry.MaxBytes);
        Assert.Equal(Verdict.Valid, _folder.Verify().Verdict);
    }

    [Fact]
    public async Task AClosedLog_TakesAndGivesNothing()
    {
        LedgerLog log = _folder.Open();
        await log.DisposeAsync();
        await log.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.AppendAsync(EntryKind.Record, new byte[1], Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.ReadAsync(0, 1, Token).ToArrayAsync(Token));
    }

    [Fact]
    public async Task Closing_AppendsWhatWaits()
    {
        Task<LedgerPosition>[] appends;
        await using (LedgerLog log = _folder.Open())
        {
            appends = [.. Enumerable.Range(0, 50).Select(i => log.AppendAsync(EntryKind.Record, LedgerFolder.Payload(i), Token).AsTask())];
        }

        LedgerPosition[] positions = await Task.WhenAll(appends).WaitAsync(TimeSpan.FromMinutes(5), Token);
        Assert.Equal(Enumerable.Range(1, 50).Select(i => (long)i), positions.Select(position => position.Sequence));
        await using LedgerLog again = _folder.Open();
        Assert.Equal(51, again.Head.Size);
    }

    [Fact]
    public async Task AnotherNodesOrNetworksLog_IsRefused()
    {
        await _folder.AppendAsync(1);
        using LedgerFolder other = new(seed: 2);
        other.Options = _folder.Options;
        LedgerRefusedException refused = Assert.Throws<LedgerRefusedException>(() => other.Open());
        Assert.Contains(other.Origin, refused.Problem, StringComparison.Ordinal);
        other.Options = _folder.Options with { NetworkId = "else" };
        Assert.Throws<LedgerRefusedException>(() => other.Open());
        Assert.Equal(Verdict.Valid, _folder.Verify().Verdict);
    }

    [Fact]
    public async Task TheNextEpoch_IsALogOfItsOwn_WithKeysOfItsOwn()
    {
        await _folder.AppendAsync(1);
        await using LedgerLog first = _folder.Open();
        using LedgerFolder next = new();
        next.Options = next.Options with { Epoch = 2, PreviousCheckpoint = Digest.Of(first.Head.Note.Span) };
        await using LedgerLog second = next.Open();
        Assert.NotEqual(first.Manifest.LogKey, second.Manifest.LogKey);
        Assert.NotEqual(first.Manifest.WitnessKey, second.Manifest.WitnessKey);
        Assert.EndsWith("/e2", second.Manifest.Origin, StringComparison.Ordinal);
        Assert.Equal(next.Options.PreviousCheckpoint, second.Manifest.PreviousCheckpoint);
    }
}
