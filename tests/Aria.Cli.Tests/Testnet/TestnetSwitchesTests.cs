using System.Text.Json;
using Aria.Cli.Client;
using Aria.Cli.Commands;
using Aria.Cli.Kills;
using Aria.Cli.Output;
using Aria.Cli.Processes;
using Aria.Cli.Testnet;
using Aria.Gateway.Access;
using Aria.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Aria.Cli.Tests.Testnet;

/// <summary>The supervisor's endpoints over two nodes that are shell scripts.</summary>
public sealed class TestnetSwitchesTests : IAsyncLifetime
{
    private const string Script = "echo 'address /ip4/127.0.0.1/tcp/9/p2p/12D3KooWx'; echo ready; exec cat";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _root = Directory.CreateTempSubdirectory("aria-switches-").FullName;
    private readonly OwnerToken _token = OwnerToken.Draw();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _armed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NodeFleet _fleet = null!;
    private ArmedKills _kills = null!;
    private WebApplication _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Uri Url => new(_app.Urls.Single());

    public async ValueTask InitializeAsync()
    {
        NodeLaunch launch = new(ShellScript.Write(_root, Script), TestnetFolder.Of(AriaFolders.Of(_root, _ => null), "t"), "aria-tiny", 8, "42", []);
        TestnetNode[] nodes = [new("n1", new(true, LayerRange.Of(0, 4), false), 0, 1), new("n2", new(false, LayerRange.Of(4, 8), true), 0, 1)];
        _fleet = new([.. nodes.Select(node => new NodeProcess(node, launch, new LogFile(launch.LogOf(node.Name), TimeProvider.System)))]);
        _fleet.Start();
        await _fleet.WhenReadyAsync(Cancellation).WaitAsync(Patience, Cancellation);

        _kills = new(async id => _fleet.Find(id) is { } node ? await node.KillAsync() : null);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        _app = builder.Build();
        _app.UseRouting();
        new TestnetSwitches(_fleet, _kills, (_, _) => Task.CompletedTask, _token, TimeProvider.System, _stopping.Token).Map(_app);
        await _app.StartAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
        await _fleet.StopAsync(Patience);
        await _fleet.DisposeAsync();
        _stopping.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task WhoeverShowsNoToken_IsRefused()
    {
        using GatewayClient stranger = new(Url);
        CommandFailedException failure = await Assert.ThrowsAsync<CommandFailedException>(() => KillAsync(stranger, new("n1", null, null, null)));
        Assert.Equal("owner_only", failure.Code);
        Assert.All(_fleet.Nodes, node => Assert.True(node.Runs));
    }

    [Fact]
    public async Task Node_IsKilled_AndStartedAgain()
    {
        using GatewayClient owner = new(Url, _token.Text);
        int pid = _fleet.Nodes[0].Identity.Pid;
        KillReply killed = (await KillAsync(owner, new("n1", null, null, null)))!;
        Assert.Equal(("n1", pid), (killed.Killed, killed.Pid));
        Assert.Equal("killed", _fleet.Nodes[0].State);
        Assert.Equal("not_running", await CodeAsync(() => KillAsync(owner, new("n1", null, null, null))));

        StartReply started = await StartAsync(owner, "n1");
        Assert.Equal("n1", started.Started);
        Assert.NotEqual(pid, started.Pid);
        Assert.Equal("node_running", await CodeAsync(() => StartAsync(owner, "n1")));
    }

    [Theory]
    [InlineData("nobody", null, null)]
    [InlineData("nobody", null, 3)]
    public async Task UnknownNode_IsTold(string? node, int? stage, int? token)
    {
        using GatewayClient owner = new(Url, _token.Text);
        Assert.Equal("unknown_node", await CodeAsync(() => KillAsync(owner, new(node, stage, token, null))));
    }

    [Fact]
    public async Task KillAtAToken_ComesBeforeItsRelease()
    {
        using GatewayClient owner = new(Url, _token.Text);
        Task<KillReply?> kill = KillAsync(owner, new(null, 1, 3, Patience.TotalSeconds));
        PipelinePlan plan = new([new(_fleet.Nodes[0].Id, _fleet.Nodes[0].Node.Span), new(_fleet.Nodes[1].Id, _fleet.Nodes[1].Node.Span)], 1);
        JobId job = new(7);
        await _armed.Task.WaitAsync(Patience, Cancellation);
        for (int token = 1; token <= 3; token++)
        {
            Assert.True(_fleet.Nodes[1].Runs);
            await _kills.BeforeReleaseAsync(job, token, plan);
        }

        Assert.False(_fleet.Nodes[1].Runs);
        KillReply reply = (await kill)!;
        Assert.Equal(("n2", 3), (reply.Killed, reply.Token));
    }

    [Fact]
    public async Task KillThatNoRequestComesFor_EndsWithItsTime()
    {
        using GatewayClient owner = new(Url, _token.Text);
        Assert.Equal("timeout", await CodeAsync(() => KillAsync(owner, new("n1", null, 3, 0.05))));
        Assert.True(_fleet.Nodes[0].Runs);
    }

    private async Task<KillReply?> KillAsync(GatewayClient client, KillRequest request)
    {
        KillReply? last = null;
        await foreach (JsonElement line in client.LinesOfAsync(TestnetKillCommand.Path, JsonSerializer.SerializeToUtf8Bytes(request, CliJson.Lines.KillRequest), Cancellation))
        {
            last = line.Deserialize(CliJson.Lines.KillReply);
            if (last is { Armed: true })
            {
                _armed.TrySetResult();
            }
        }

        return last;
    }

    private static async Task<StartReply> StartAsync(GatewayClient client, string node)
    {
        StartReply? last = null;
        await foreach (JsonElement line in client.LinesOfAsync(TestnetStartNodeCommand.Path, JsonSerializer.SerializeToUtf8Bytes(new(node), CliJson.Lines.StartRequest), Cancellation))
        {
            last = line.Deserialize(CliJson.Lines.StartReply);
        }

        return last!;
    }

    private static async Task<string> CodeAsync(Func<Task> call) => (await Assert.ThrowsAsync<CommandFailedException>(call)).Code;
}
