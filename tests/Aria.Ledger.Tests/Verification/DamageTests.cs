using Aria.Ledger.Entries;
using Aria.Ledger.Storage;
using Aria.Ledger.Verification;
using Aria.Testing;

namespace Aria.Ledger.Tests.Verification;

/// <summary>A byte that changes on disk is never called valid, and a node does not start over lost entries.</summary>
public sealed class DamageTests : IAsyncLifetime
{
    private const int Entries = 31;

    private LedgerFolder _folder = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Tables of two starts and a log with entries in it, as a killed process leaves them.
    public async ValueTask InitializeAsync()
    {
        using LedgerFolder source = new();
        await source.AppendAsync([.. Enumerable.Range(0, 10)]);
        await source.AppendAsync([.. Enumerable.Range(10, 10)]);
        await using LedgerLog log = source.Open();
        for (int i = 20; i < Entries - 1; i++)
        {
            await log.AppendAsync(EntryKind.Record, LedgerFolder.Payload(i), Token);
        }

        _folder = source.Copy();
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void TheUndamagedImage_IsValid_AndLookingChangesNothing()
    {
        Dictionary<string, Digest> before = Files().ToDictionary(path => path, path => Digest.Of(File.ReadAllBytes(path)));
        Assert.Contains(before.Keys, path => path.EndsWith(".sst", StringComparison.Ordinal));
        Assert.Contains(before.Keys, path => path.EndsWith(".log", StringComparison.Ordinal) && new FileInfo(path).Length > 1000);
        VerificationResult result = _folder.Verify();
        Assert.Empty(result.Findings);
        Assert.Equal((Verdict.Valid, Entries), (result.Verdict, result.Entries));
        Assert.Equal(before, Files().ToDictionary(path => path, path => Digest.Of(File.ReadAllBytes(path))));
    }

    [Fact]
    public void AByteFlippedAnywhere_IsNeverValid()
    {
        Random random = TestSeed.Random();
        int flips = 0;
        foreach (string path in Files())
        {
            byte[] bytes = File.ReadAllBytes(path);
            IEnumerable<int> offsets = Enumerable.Range(0, bytes.Length).OrderBy(_ => random.Next()).Take(70)
                .Concat([0, bytes.Length - 1, bytes.Length / 2]).Where(at => at < bytes.Length && at >= 0);
            foreach (int at in offsets)
            {
                byte old = bytes[at];
                bytes[at] ^= random.Next(3) == 0 ? (byte)random.Next(1, 256) : (byte)(1 << random.Next(8));
                File.WriteAllBytes(path, bytes);
                VerificationResult result = _folder.Verify();
                Assert.True(result.Verdict != Verdict.Valid, $"{path} with {old:x2} → {bytes[at]:x2} at {at} is called valid");
                Assert.NotEmpty(result.Findings);
                bytes[at] = old;
                flips++;
            }

            File.WriteAllBytes(path, bytes);
        }

        Assert.Equal(Verdict.Valid, _folder.Verify().Verdict);
        TestContext.Current.TestOutputHelper?.WriteLine($"{flips} flips in {Files().Count()} files");
    }

    // RocksDB would never come back from some of these: over types of a recycled log its reader goes round for ever.
    [Fact]
    public async Task ARecordOfAnyOtherType_IsNeverValid_AndAStartEnds()
    {
        foreach (string name in Files().Select(path => Path.GetRelativePath(_folder.Root, path)).Where(RecordFile.HasThisFormat))
        {
            int[] records = [.. RecordsIn(File.ReadAllBytes(Path.Combine(_folder.Root, name)))];
            foreach (int record in (int[])[records[0], records[records.Length / 2], records[^1]])
            {
                for (byte type = 5; type <= 12; type++)
                {
                    await StartsWhole(name, path =>
                    {
                        byte[] bytes = File.ReadAllBytes(path);
                        bytes[record + 6] = type;
                        File.WriteAllBytes(path, bytes);
                    });
                }
            }
        }
    }

    [Fact]
    public async Task AfterAFlip_AStartIsRefused_OrLosesNothing()
    {
        Random random = TestSeed.Random();
        List<bool> started = [];
        foreach (string name in Files().Where(path => new FileInfo(path).Length > 0).Select(path => Path.GetRelativePath(_folder.Root, path)))
        {
            for (int i = 0; i < 8; i++)
            {
                started.Add(await StartsWhole(name, path =>
                {
                    byte[] bytes = File.ReadAllBytes(path);
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                    File.WriteAllBytes(path, bytes);
                }));
            }
        }

        Assert.Contains(true, started);
        Assert.Contains(false, started);
    }

    [Fact]
    public void AFileThatIsMissing_IsNeverValid_AndAStartLosesNothing()
    {
        foreach (string name in Files().Select(path => Path.GetRelativePath(_folder.Root, path)).Where(name => name != "head/lock" && name != "ledger/LOCK"))
        {
            using LedgerFolder copy = _folder.Copy();
            File.Delete(Path.Combine(copy.Root, name));
            Assert.True(copy.Verify().Verdict != Verdict.Valid, name);
            string[] before = Directory.GetFiles(copy.Store, "*.sst");
            if (name.Contains("OPTIONS", StringComparison.Ordinal) || name == "head/files")
            {
                continue;       // no entry depends on them: the next start writes them again
            }

            Assert.Throws<LedgerRefusedException>(() => copy.Open());
            Assert.Equal(before, Directory.GetFiles(copy.Store, "*.sst"));
        }
    }

    [Fact]
    public async Task AFileThatIsCut_IsNeverValid_AndAStartIsRefused_OrLosesNothing()
    {
        Random random = TestSeed.Random();
        foreach (string name in Files().Where(path => new FileInfo(path).Length > 0).Select(path => Path.GetRelativePath(_folder.Root, path)))
        {
            long length = new FileInfo(Path.Combine(_folder.Root, name)).Length;
            foreach (long cut in (long[])[0, length / 2, length - 10, length - 1, random.NextInt64(length)])
            {
                await StartsWhole(name, path =>
                {
                    using FileStream file = File.OpenWrite(path);
                    file.SetLength(Math.Max(0, cut));
                });
            }
        }
    }

    [Fact]
    public void TheLogCutAtAnyRecord_IsRefused()
    {
        string log = Files().Where(path => path.EndsWith(".log", StringComparison.Ordinal)).MaxBy(path => new FileInfo(path).Length)!;
        byte[] bytes = File.ReadAllBytes(log);
        int[] starts = [.. RecordsIn(bytes)];
        Assert.True(starts.Length > 9);
        foreach (int end in starts[^5..])
        {
            File.WriteAllBytes(log, bytes[..end]);
            Assert.Equal(Verdict.Inconclusive, _folder.Verify().Verdict);
            Assert.Contains("were acknowledged", Assert.Throws<LedgerRefusedException>(() => _folder.Open()).Problem, StringComparison.Ordinal);
        }

        File.WriteAllBytes(log, bytes);
        Assert.Equal(Verdict.Valid, _folder.Verify().Verdict);
    }

    [Fact]
    public void AStrayFile_IsNotValid()
    {
        File.WriteAllBytes(Path.Combine(_folder.Store, "000999.sst"), [1]);
        Assert.Equal(Verdict.Inconclusive, _folder.Verify().Verdict);
        File.Delete(Path.Combine(_folder.Store, "000999.sst"));
        File.WriteAllBytes(Path.Combine(_folder.Head, "head.tmp"), [1]);
        Assert.Equal(Verdict.Inconclusive, _folder.Verify().Verdict);
    }

    [Fact]
    public void NoDirectory_IsInconclusive()
    {
        Assert.Equal(Verdict.Inconclusive, LedgerVerification.VerifyDirectory(Path.Combine(_folder.Root, "absent"), _folder.Head).Verdict);
        Assert.False(Directory.Exists(Path.Combine(_folder.Root, "absent")));
    }

    // Where the records of a file of one block begin: 7 bytes of header, in which the length stands at offset 4.
    private static IEnumerable<int> RecordsIn(byte[] bytes)
    {
        for (int at = 0; at + 7 <= bytes.Length; at += 7 + BitConverter.ToUInt16(bytes, at + 4))
        {
            yield return at;
        }
    }

    // Damages a file of a copy: it is not valid, and a start either gives every entry or is refused and changes nothing.
    private async Task<bool> StartsWhole(string name, Action<string> damage)
    {
        using LedgerFolder copy = _folder.Copy();
        string path = Path.Combine(copy.Root, name);
        damage(path);
        byte[] damaged = File.ReadAllBytes(path);
        string[] files = Directory.GetFiles(copy.Store).Order().ToArray();
        Assert.True(copy.Verify().Verdict != Verdict.Valid, name);
        try
        {
            await using LedgerLog log = copy.Open();
            Assert.Equal(_folder.Entries(), (await log.ReadAsync(0, 1000, Token).ToArrayAsync(Token)).Select(entry => entry.Bytes.ToArray()));
            return true;
        }
        catch (LedgerRefusedException e)
        {
            Assert.Contains("Nothing", e.NextStep, StringComparison.Ordinal);
            Assert.Equal(damaged, File.ReadAllBytes(path));
            Assert.Equal(files, Directory.GetFiles(copy.Store).Order());
            return false;
        }
    }

    private IEnumerable<string> Files() => Directory.GetFiles(_folder.Store).Concat(Directory.GetFiles(_folder.Head)).Order(StringComparer.Ordinal);
}
