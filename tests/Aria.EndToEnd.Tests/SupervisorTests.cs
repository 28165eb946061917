using System.Net;
using System.Net.Sockets;
using System.Text;
using Aria.EndToEnd.Tests.Testnets;
using Aria.Testing;

namespace Aria.EndToEnd.Tests;

/// <summary>Starting, stopping, colliding: what a testnet leaves and whom it tells.</summary>
public sealed class SupervisorTests(SharedTestnet shared)
{
    [Theory]
    [InlineData("INT", 0)]
    [InlineData("TERM", 0)]
    [InlineData("KILL", 137)]
    public async Task EndedSupervisor_LeavesNoProcess_NoPort_NoLock(string signal, int exitCode)
    {
        using AriaHome home = new();
        await using (RunningTestnet testnet = await RunningTestnet.StartInAsync(home))
        {
            Assert.Equal(exitCode, await testnet.EndAsync(signal));
            Assert.True(await testnet.IsGoneAsync());
            Assert.Equal(signal == "KILL", File.Exists(home.StateFileOf("default")));
            await home.RunAsync(3, "testnet", "status");
        }

        // Locks and ledgers are free: the same testnet comes up again over them.
        await using RunningTestnet again = await RunningTestnet.StartInAsync(home);
        await again.AriaAsync(0, "ledger", "verify");
    }

    [Fact]
    public async Task SecondCtrlC_EndsEverythingAtOnce()
    {
        await using RunningTestnet testnet = await RunningTestnet.StartAsync();
        await testnet.SignalAsync("INT");
        Assert.Contains(await testnet.EndAsync("INT"), (int[])[0, 130]);     // 0 where the first one was done already
        Assert.True(await testnet.IsGoneAsync());
        Assert.False(File.Exists(testnet.Home.StateFileOf("default")));
    }

    [Fact]
    public async Task StartThatTakesTooLong_RollsBack()
    {
        using AriaHome home = new();
        await home.RunAsync(7, "testnet", "up", "-n", "2", "--port", "0", "--peer-port", "0", "--timeout", "10ms");
        await home.RunAsync(3, "testnet", "status");
        await using RunningTestnet testnet = await RunningTestnet.StartInAsync(home, "-n", "2");
    }

    [Fact]
    public async Task SecondUp_TellsWhoHoldsTheTestnet_AndWhoHoldsThePort()
    {
        RunningTestnet testnet = await shared.GetAsync();
        ProgramRun same = await testnet.AriaAsync(5, "testnet", "up");
        Assert.Contains($"pid {testnet.Pid}", same.Error, StringComparison.Ordinal);
        ProgramRun otherName = await testnet.AriaAsync(5, "testnet", "up", "--name", "other", "--port", $"{testnet.Url.Port}", "--peer-port", "0");
        Assert.Contains($"{testnet.Url.Port}", otherName.Error, StringComparison.Ordinal);
        Assert.Contains($"pid {testnet.Pid}", otherName.Error, StringComparison.Ordinal);
        await testnet.CompleteAsync("Once upon a time", 2);
    }

    [Fact]
    public async Task OtherSeed_IsRefused_UnlessReset()
    {
        using AriaHome home = new();
        await using (RunningTestnet testnet = await RunningTestnet.StartInAsync(home, "-n", "1"))
        {
            Assert.Equal(0, await testnet.EndAsync("TERM"));
        }

        ProgramRun refused = await home.RunAsync(5, "testnet", "up", "-n", "1", "--seed", "43", "--port", "0", "--peer-port", "0");
        Assert.Contains("--reset", refused.Error, StringComparison.Ordinal);
        await using RunningTestnet fresh = await RunningTestnet.StartInAsync(home, "-n", "1", "--seed", "43", "--reset");
        await fresh.AriaAsync(0, "ledger", "verify");
    }

    [Fact]
    public async Task DetachedTestnet_RunsOn_UntilDown()
    {
        using AriaHome home = new();
        string copy = Path.Combine(home.Path, "testnet.json");
        ProgramRun up = await home.RunAsync(0, "testnet", "up", "-n", "1", "--port", "0", "--peer-port", "0", "--timeout", AriaHome.Long, "--detach", "--out", copy);
        Assert.Contains("http://127.0.0.1:", up.Output, StringComparison.Ordinal);
        Assert.Contains("Once upon a time", up.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("control_token", await File.ReadAllTextAsync(copy, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await home.RunAsync(0, "complete", "Once upon a time", "--max-tokens", "2");
        await home.RunAsync(0, "testnet", "down");
        await home.RunAsync(3, "testnet", "status");
        await home.RunAsync(0, "testnet", "down");
    }

    [Fact]
    public async Task StartThatFails_RollsBack_AndSaysWhy()
    {
        using AriaHome home = new();
        await home.RunAsync(2, "testnet", "up", "-n", "9", "--replicas", "1");
        await home.RunAsync(2, "testnet", "up", "-n", "4", "--replicas", "3");
        ProgramRun absent = await home.RunAsync(5, "testnet", "up", "--model", "absent.gguf", "--port", "0", "--peer-port", "0");
        Assert.Contains("absent.gguf", absent.Error, StringComparison.Ordinal);

        // A node whose ledger lies open elsewhere cannot start: the others are ended again.
        Directory.CreateDirectory(home.DataOf("default", "n1"));
        await File.WriteAllTextAsync(Path.Combine(home.DataOf("default", "n1"), "ledger"), "no folder", TestContext.Current.CancellationToken);
        ProgramRun blocked = await home.RunAsync(5, "testnet", "up", "-n", "2", "--port", "0", "--peer-port", "0", "--timeout", AriaHome.Long);
        Assert.Contains("n1", blocked.Error, StringComparison.Ordinal);
        await home.RunAsync(3, "testnet", "status");
    }

    [Fact]
    public async Task GarbageOnThePeerPort_DisturbsNobody()
    {
        RunningTestnet testnet = await shared.GetAsync();
        Random random = TestSeed.Random();
        byte[] noise = new byte[100_000];
        random.NextBytes(noise);
        byte[][] messages = [noise, Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), [0x13, .. "/multistream/1.0.0\n"u8, .. noise], []];
        foreach (int port in testnet.Ports.Skip(1))
        {
            foreach (byte[] message in messages)
            {
                using TcpClient client = new();
                await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                try
                {
                    await client.GetStream().WriteAsync(message, TestContext.Current.CancellationToken);
                }
                catch (IOException)
                {
                    // It hung up on us, as it should.
                }
            }
        }

        Assert.StartsWith(", there", (await testnet.CompleteAsync("Once upon a time", 4)).GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.True((await testnet.JsonAsync(0, "testnet", "status")).GetProperty("testnet").GetProperty("nodes").EnumerateArray().All(node => node.GetProperty("state").GetString() == "online"));
    }

    [Fact]
    public async Task SecondNodeOverTheSameFolder_IsRefused_AndNamesTheFirst()
    {
        RunningTestnet testnet = await shared.GetAsync();
        string data = testnet.Node("n1").GetProperty("data").GetString()!;
        ProgramRun run = await testnet.AriaAsync(5, "node", "run", "--seed", "42/n1", "--data", data, "--layers", "0-4");
        Assert.Contains($"{testnet.Node("n1").GetProperty("pid").GetInt32()}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NodeWithWrongFlags_SaysWhich()
    {
        using AriaHome home = new();
        await home.RunAsync(2, "node", "run", "--layers", "5-2");
        await home.RunAsync(2, "node", "run", "--layers", "0-99");
        await home.RunAsync(2, "node", "run", "--bootstrap", "/ip4/127.0.0.1/tcp/1");
        await home.RunAsync(2, "node", "run", "--listen", "nowhere");
        await home.RunAsync(2, "node", "run", "--seed", "a", "--identity", "b");
        await home.RunAsync(5, "node", "run", "--model", "absent");
        RunningTestnet testnet = await shared.GetAsync();
        ProgramRun taken = await home.RunAsync(5, "node", "run", "--listen", $"/ip4/127.0.0.1/tcp/{testnet.Ports[1]}");
        Assert.Contains($"pid {testnet.NodePids[0]}", taken.Error, StringComparison.Ordinal);
    }
}
