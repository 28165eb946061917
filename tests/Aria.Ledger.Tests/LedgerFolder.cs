using System.Text;
using Aria.Ledger.Appending;
using Aria.Ledger.Entries;
using Aria.Ledger.Notes;
using Aria.Ledger.Storage;
using Aria.Ledger.Verification;
using Aria.Wire.Signing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Ledger.Tests;

/// <summary>A temporary data folder with a node's key and clock: its log can be opened, closed, copied and damaged.</summary>
internal sealed class LedgerFolder : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly byte _seed;

    public LedgerFolder(byte seed = 1)
    {
        _seed = seed;
        Identity = SigningKey.FromSeed([.. Enumerable.Repeat(seed, SigningKey.SeedSize)]);
        Options = new()
        {
            Directory = Path.Combine(Root, "ledger"),
            HeadDirectory = Path.Combine(Root, "head"),
            NetworkId = "aria-test",
            Software = "aria/test",
        };
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("aria-ledger-").FullName;

    public SigningKey Identity { get; }

    public FakeTimeProvider Time { get; } = new(Start);

    public LedgerOptions Options { get; set; }

    public string Store => Options.Directory;

    public string Head => Options.HeadDirectory;

    public string Origin => LedgerOrigin.Of(Options.NetworkId, Identity.Id, Options.Epoch);

    public static byte[] Payload(int i) => Encoding.ASCII.GetBytes($"payload {i} {new string('.', i * 37 % 900)}");

    public LedgerLog Open(Action<CommitStep>? reached = null) =>
        LedgerLog.Open(Options, Identity, Time, NullLogger.Instance, reached, TestContext.Current.CancellationToken);

    /// <summary>Opens, appends <see cref="Payload"/> of each number, closes.</summary>
    public async Task AppendAsync(params int[] numbers)
    {
        await using LedgerLog log = Open();
        foreach (int i in numbers)
        {
            await log.AppendAsync(EntryKind.Record, Payload(i), TestContext.Current.CancellationToken);
        }
    }

    public VerificationResult Verify(PayloadCheck? payloadCheck = null) =>
        LedgerVerification.VerifyDirectory(Store, Head, Identity.Id, payloadCheck);

    /// <summary>Every entry's bytes, read from disk.</summary>
    public byte[][] Entries()
    {
        using RocksStore store = RocksStore.OpenReadOnly(Store);
        return [.. store.AllEntries().Select(pair => pair.Value)];
    }

    /// <summary>Puts other bytes into the store, the way a program that has the library could.</summary>
    public void Rewrite(long sequence, byte[] bytes, Digest payload)
    {
        using RocksStore store = RocksStore.Open(Store);
        store.Write([(sequence, bytes, payload)]);
        FileList.Write(Store, Head);
    }

    public Checkpoint ReadHead()
    {
        Assert.True(SignedNote.TryParse(HeadFile.Read(Head), out SignedNote? note));
        Assert.True(Checkpoint.TryParse(note.Text, out Checkpoint? checkpoint));
        return checkpoint;
    }

    /// <summary>A copy of the two directories under another root, same key.</summary>
    public LedgerFolder Copy()
    {
        LedgerFolder copy = new(_seed);
        CopyDirectory(Store, copy.Store);
        CopyDirectory(Head, copy.Head);
        return copy;
    }

    public void Dispose()
    {
        Identity.Dispose();
        Directory.Delete(Root, recursive: true);
    }

    private static void CopyDirectory(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string path in Directory.GetFiles(from))
        {
            string target = Path.Combine(to, Path.GetFileName(path));
            if (new FileInfo(path).Length == 0)
            {
                File.WriteAllBytes(target, []);     // the lock file: nobody else may open it
            }
            else
            {
                File.Copy(path, target);
            }
        }
    }
}
