using Aria.Ledger.Appending;
using Aria.Ledger.Entries;

namespace Aria.Ledger.Tests.Appending;

/// <summary>A process that ends, or a disk that fails, at each step of a commit.</summary>
public sealed class InterruptedCommitTests : IDisposable
{
    private readonly LedgerFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Steps => [.. Enum.GetNames<CommitStep>()];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task AFailureAtAStep_StopsTheLog_AndARestartHasAllThatWasAcknowledged(string name)
    {
        CommitStep at = Enum.Parse<CommitStep>(name);
        bool fail = false;
        LedgerPosition acknowledged;
        await using (LedgerLog log = _folder.Open(step => Fail(fail && step == at)))
        {
            acknowledged = await log.AppendAsync(EntryKind.Record, LedgerFolder.Payload(1), Token);
            fail = true;
            Assert.Null(log.Stopped);
            LedgerStoppedException failed = await Assert.ThrowsAsync<LedgerStoppedException>(
                async () => await log.AppendAsync(EntryKind.Record, LedgerFolder.Payload(2), Token));
            Assert.Contains("No space left on device", failed.Message, StringComparison.Ordinal);
            fail = false;
            await Assert.ThrowsAsync<LedgerStoppedException>(async () => await log.AppendAsync(EntryKind.Record, LedgerFolder.Payload(3), Token));
            Assert.Same(failed, log.Stopped);
            Assert.Equal(2, log.Head.Size);
            Assert.Equal(2, (await log.ReadAsync(0, 10, Token).ToArrayAsync(Token)).Length);
        }

        await using LedgerLog again = _folder.Open();
        Assert.True(again.TryFind(Digest.Of(LedgerFolder.Payload(1)), out long first));
        Assert.Equal(acknowledged.Sequence, first);

        // Ambiguous: what failed after the write is there. Appending it again gives it one place either way.
        Assert.Equal(at != CommitStep.Signed, again.TryFind(Digest.Of(LedgerFolder.Payload(2)), out _));
        Assert.Equal(2, (await again.AppendAsync(EntryKind.Record, LedgerFolder.Payload(2), Token)).Sequence);
        Assert.Equal(3, (await again.AppendAsync(EntryKind.Record, LedgerFolder.Payload(3), Token)).Sequence);
        Assert.Equal(4, again.Head.Size);
        Assert.Equal(Verdict.Valid, _folder.Verify().Verdict);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task AFailureWhileTheLogBegins_LeavesOneThatCanBegin(string name)
    {
        CommitStep at = Enum.Parse<CommitStep>(name);
        Assert.Throws<LedgerRefusedException>(() => _folder.Open(step => Fail(step == at)));
        await _folder.AppendAsync(1);
        Assert.Equal(2, _folder.ReadHead().Size);
        Assert.Equal(Verdict.Valid, _folder.Verify().Verdict);
    }

    [Fact]
    public async Task AllThatWaitedBehindAFailure_Fail()
    {
        bool fail = false;
        await using LedgerLog log = _folder.Open(step => Fail(fail));
        fail = true;
        Task<LedgerPosition>[] appends = [.. Enumerable.Range(0, 2000).Select(i => Task.Run(() => log.AppendAsync(EntryKind.Record, LedgerFolder.Payload(i), Token).AsTask(), Token))];
        await Task.WhenAll(appends).ContinueWith(_ => { }, Token, TaskContinuationOptions.None, TaskScheduler.Default);
        Assert.All(appends, append => Assert.IsType<LedgerStoppedException>(append.Exception!.InnerException));
    }

    private static void Fail(bool now)
    {
        if (now)
        {
            throw new IOException("No space left on device");
        }
    }
}
