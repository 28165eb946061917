using System.Net;
using System.Net.Sockets;
using Aria.Cli.Processes;
using Aria.Cli.Testnet;

namespace Aria.Cli.Tests.Testnet;

/// <summary>The supervisor's half of a node, with shell scripts for the other half.</summary>
public sealed class NodeProcessTests : IDisposable
{
    private const string Address = "/ip4/127.0.0.1/tcp/9/p2p/12D3KooWx";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _root = Directory.CreateTempSubdirectory("aria-node-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Node_IsOnline_OnceItSaidItsAddressAndReady()
    {
        await using NodeProcess node = Node($"echo 'address  {Address}'; echo ready; exec cat");
        Assert.Equal("starting", node.State);
        node.Start();
        Assert.Equal(Address, await node.Ready.WaitAsync(Patience, Cancellation));
        Assert.Equal("online", node.State);
        Assert.True(await node.StopAsync(Patience));
        Assert.Equal("exited", node.State);
    }

    [Fact]
    public async Task NodeThatEndsBeforeReady_TellsItsStatus_AndLeavesItsWordsInTheLog()
    {
        await using NodeProcess node = Node("echo 'model not found' >&2; exit 5");
        node.Start();
        NodeExitedException exit = await Assert.ThrowsAsync<NodeExitedException>(() => node.Ready.WaitAsync(Patience, Cancellation));
        Assert.Equal(("n1", 5), (exit.Name, exit.Status));
        await node.DisposeAsync();
        Assert.Contains(LogFile.Tail(node.LogPath, 10), line => line.EndsWith("model not found", StringComparison.Ordinal));
    }

    [Fact]
    public async Task KilledNode_ComesBack_ToItsOldAddress()
    {
        await using NodeProcess node = Node($"echo 'address  {Address}'; echo \"args $*\"; echo ready; exec cat");
        node.Start();
        await node.Ready.WaitAsync(Patience, Cancellation);
        int pid = node.Identity.Pid;
        Assert.Equal(pid, await node.KillAsync());
        Assert.Equal("killed", node.State);
        Assert.Null(ProcessIdentity.TryOf(pid));
        Assert.Null(await node.KillAsync());

        node.Start();
        await node.Ready.WaitAsync(Patience, Cancellation);
        Assert.Equal("online", node.State);
        Assert.NotEqual(pid, node.Identity.Pid);
        Assert.Contains(LogFile.Tail(node.LogPath, 100), line => line.Contains("--listen /ip4/127.0.0.1/tcp/9 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task KilledNode_WhosePortWasTakenSince_ComesBackAtAnother_WhereTheSystemChoseIt()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        await using NodeProcess node = Node($"echo 'address  /ip4/127.0.0.1/tcp/{((IPEndPoint)taken.LocalEndpoint).Port}/p2p/12D3KooWx'; echo \"args $*\"; echo ready; exec cat", port: 0);
        node.Start();
        await node.Ready.WaitAsync(Patience, Cancellation);
        await node.KillAsync();
        node.Start();
        await node.Ready.WaitAsync(Patience, Cancellation);
        string[] starts = [.. LogFile.Tail(node.LogPath, 100).Where(line => line.Contains("args ", StringComparison.Ordinal))];
        Assert.Equal(2, starts.Length);
        Assert.All(starts, line => Assert.Contains("--listen /ip4/127.0.0.1/tcp/0 ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Arguments_AreThoseAPersonWouldType()
    {
        NodeLaunch launch = Launch("/bin/aria");
        Assert.Equal(
            $"node run --name n1 --listen /ip4/127.0.0.1/tcp/7421 --model aria-tiny --layers 0-4 --threads 1 --seed 42/n1 --data {Path.Combine(_root, "data", "testnets", "t", "n1")} --lifeline --bootstrap /ip4/127.0.0.1/tcp/7425/p2p/x",
            string.Join(' ', launch.ArgumentsOf(new("n1", new(true, LayerRange.Of(0, 4), false), 7421, 1), null)));
        Assert.Contains("--head true", string.Join(' ', launch.ArgumentsOf(new("h", new(false, LayerRange.Of(8, 8), true), 7421, 1), null)), StringComparison.Ordinal);
    }

    private NodeProcess Node(string script, int port = 7421)
    {
        NodeLaunch launch = Launch(ShellScript.Write(_root, script));
        return new(new("n1", new(true, LayerRange.Of(0, 4), false), port, 1), launch, new(launch.LogOf("n1"), TimeProvider.System));
    }

    private NodeLaunch Launch(string executable) =>
        new(executable, TestnetFolder.Of(AriaFolders.Of(_root, _ => null), "t"), "aria-tiny", 8, "42", ["/ip4/127.0.0.1/tcp/7425/p2p/x"]);
}
