using System.Buffers.Binary;
using System.Text.Json;
using Aria.EndToEnd.Tests.Testnets;
using Aria.Testing;
using RocksDbSharp;

namespace Aria.EndToEnd.Tests;

/// <summary>Every node's log after a number of answers: verified from its bytes, alike where it must be, and never valid once touched.</summary>
public sealed class LedgerTests
{
    private const int Requests = 20;

    [Fact]
    public async Task LogsAfterTwentyAnswers_AreValidAndAgree_AndTouchedOnesAreNot()
    {
        using AriaHome home = new();
        await using (RunningTestnet testnet = await RunningTestnet.StartInAsync(home, "-n", "2", "--replicas", "1"))
        {
            foreach (int request in Enumerable.Range(0, Requests))
            {
                await testnet.CompleteAsync($"Story {request}:", 3);
            }

            JsonElement verify = await testnet.JsonAsync(0, "ledger", "verify", "--node", "all");
            Assert.Equal("valid", verify.GetProperty("verdict").GetString());
            Assert.Equal(["n1", "n2", "gateway"], verify.GetProperty("logs").EnumerateArray().Select(log => log.GetProperty("name").GetString()));

            // The gateway and both stages hold the same bytes of every record; the first of them is that of the start, the last may still be on its way to the stages.
            Dictionary<string, string>[] logs = [];
            await Eventually.HoldsAsync(async () =>
            {
                logs = await Task.WhenAll(((string[])["gateway", "n1", "n2"]).Select(node => RecordsAsync(testnet, node)));
                return logs.All(log => log.Count >= Requests + 1);
            });
            Assert.Equal(Requests + 1, logs[0].Count);
            Assert.All(logs, log => Assert.Equal(logs[0], log));
            Assert.Equal(0, await testnet.EndAsync("TERM"));
        }

        string folder = home.DataOf("default", "n1");
        await home.RunAsync(0, "ledger", "verify", "--dir", folder);
        await EntryRewrittenThroughTheStore_IsInvalidAsync(home, CopyOf(home, folder, "rewritten"));
        await FlippedByte_IsNeverValidAsync(home, folder);
    }

    private static async Task<Dictionary<string, string>> RecordsAsync(RunningTestnet testnet, string node) =>
        (await testnet.JsonAsync(0, "ledger", "list", "--node", node, "--limit", "100")).GetProperty("entries").EnumerateArray()
            .Where(entry => entry.GetProperty("kind").GetString() == "record")
            .ToDictionary(entry => entry.GetProperty("record").GetProperty("record").GetString()!, entry => entry.GetProperty("payload_digest").GetString()!);

    private static async Task EntryRewrittenThroughTheStore_IsInvalidAsync(AriaHome home, string folder)
    {
        const int Entry = 5;
        byte[] key = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(key, Entry);
        ColumnFamilies families = new() { { "entries", new ColumnFamilyOptions() }, { "payloads", new ColumnFamilyOptions() } };
        using (RocksDb store = RocksDb.Open(new DbOptions(), Path.Combine(folder, "ledger"), families))
        {
            ColumnFamilyHandle entries = store.GetColumnFamily("entries");
            byte[] bytes = store.Get(key, entries);
            bytes[bytes.Length / 2] ^= 1;
            store.Put(key, bytes, entries, new WriteOptions().SetSync(true));
        }

        ProgramRun run = await home.RunAsync(4, "ledger", "verify", "--dir", folder);
        Assert.Contains($"entry {Entry}", run.Output, StringComparison.Ordinal);
        Assert.Contains("INVALID", run.Output, StringComparison.Ordinal);
    }

    private static async Task FlippedByte_IsNeverValidAsync(AriaHome home, string folder)
    {
        Random random = TestSeed.Random();
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetRelativePath(folder, path).Split(Path.DirectorySeparatorChar)[0] is "ledger" or "head" && new FileInfo(path).Length > 0)
            .Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal).ToList())
        {
            string copy = CopyOf(home, folder, "flipped");
            string path = Path.Combine(copy, file);
            byte[] bytes = File.ReadAllBytes(path);
            int at = random.Next(bytes.Length);
            bytes[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, bytes);
            ProgramRun run = await home.RunAsync("ledger", "verify", "--dir", copy);
            Assert.True(run.ExitCode is 4 or 8, $"byte {at} of {file} was flipped: {run}");
            Directory.Delete(copy, recursive: true);
        }
    }

    private static string CopyOf(AriaHome home, string folder, string name)
    {
        string copy = Path.Combine(home.Path, name);
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(copy, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        return copy;
    }
}
