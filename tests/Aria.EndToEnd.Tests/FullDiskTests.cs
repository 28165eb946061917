using System.Text.Json;
using Aria.EndToEnd.Tests.Testnets;
using Aria.Testing;

namespace Aria.EndToEnd.Tests;

/// <summary>A disk without a byte left: the testnet stays, says what is wrong, and has lost nothing that it acknowledged.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task FullDisk_EndsNoAnswer_RefusesTheNext_AndLosesNoRecord()
    {
        using SmallDisk disk = new(megabytes: 48);
        using AriaHome home = new(disk.Home);
        await using (RunningTestnet testnet = await RunningTestnet.StartInAsync(home, "-n", "2", "--replicas", "1"))
        {
            JsonElement answer = await testnet.CompleteAsync("Once upon a time", 8);
            string whole = answer.GetProperty("text").GetString()!;
            await testnet.WhenRecordedAsync(answer.GetProperty("aria").GetProperty("record").GetString()!, "n1", "n2");

            // A file that is replaced or taken away while the disk fills gives a page back, and in it one more record may find room.
            ProgramRun last;
            do
            {
                disk.Fill();
                last = await testnet.AriaAsync(0, "complete", "Once upon a time", "--temp", "0", "--max-tokens", "8");
                Assert.Equal(whole, last.Output.TrimEnd('\n'));
            }
            while (!last.Error.Contains("warning: The ledger stopped", StringComparison.Ordinal));

            ProgramRun refused = await testnet.AriaAsync(5, "complete", "Once upon a time");
            Assert.Contains("ledger stopped", refused.Error, StringComparison.Ordinal);
            ProgramRun status = await testnet.AriaAsync(5, "testnet", "status");
            Assert.Contains("ledger stopped", status.Output, StringComparison.Ordinal);

            disk.Empty();
            Assert.Equal(0, await testnet.EndAsync("TERM"));
        }

        await using RunningTestnet again = await RunningTestnet.StartInAsync(home, "-n", "2", "--replicas", "1");
        await again.AriaAsync(0, "ledger", "verify", "--node", "all");
        await again.CompleteAsync("Once upon a time", 8);
    }
}
