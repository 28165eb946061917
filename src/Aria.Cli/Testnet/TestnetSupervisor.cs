using Aria.Cli.Kills;
using Aria.Cli.Nodes;
using Aria.Cli.Output;
using Aria.Cli.Processes;
using Aria.Discovery;
using Aria.Gateway;
using Aria.Gateway.Access;
using Aria.Ledger;
using Aria.Node;
using Microsoft.Extensions.Logging;

namespace Aria.Cli.Testnet;

/// <summary>
/// A running testnet: the gateway's node and HTTP server in this process, every other node in one of its own. Whatever has been started is
/// ended again by <see cref="DisposeAsync"/>, also when the start did not come to its end.
/// </summary>
internal sealed class TestnetSupervisor : IAsyncDisposable
{
    /// <summary>What the nodes may take to stop in order; then they are killed. Longer than their lifelines' own <see cref="Lifeline.Grace"/>.</summary>
    public static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    private readonly TestnetPlan _plan;
    private readonly TimeProvider _time;
    private readonly LogFile _log;
    private readonly LogFile _gatewayLog;
    private readonly LineLoggers _loggers;
    private readonly OwnerToken _token = OwnerToken.Draw();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _writing = new();
    private AriaNode? _gateway;
    private GatewayServer? _server;
    private NodeFleet? _fleet;
    private bool _ended;

    public TestnetSupervisor(TestnetPlan plan, TimeProvider time, LogLevel level)
    {
        (_plan, _time) = (plan, time);
        _log = new(plan.Folder.SupervisorLog, time);
        _gatewayLog = new(plan.Folder.LogOf(TestnetPlan.GatewayName), time);
        _loggers = new(_gatewayLog.Write, level);
    }

    public NodeFleet Fleet => _fleet ?? throw new InvalidOperationException("The nodes were not started.");

    public Uri Url => _server?.Url ?? throw new InvalidOperationException("The HTTP server was not started.");

    public string ControlToken => _token.Text;

    /// <summary>What people call a node, given its key.</summary>
    public string NameOf(string nodeId) => NodeId.TryParse(nodeId, out NodeId id) && Fleet.Find(id) is { } node ? node.Name : nodeId[..8];

    /// <summary>Starts the gateway's node, so that there is an address to bootstrap from.</summary>
    public async Task StartGatewayAsync(CancellationToken cancellationToken) =>
        _gateway = await NodeStart.RunAsync(_plan.GatewaySettings, _plan.Model, _time, _loggers, cancellationToken);

    /// <summary>Starts every node's process; none waits for another.</summary>
    public void StartNodes()
    {
        NodeLaunch launch = _plan.LaunchFrom([.. _gateway!.Addresses.Select(address => address.ToString())]);
        _fleet = new([.. _plan.Layout.Nodes.Select(node => new NodeProcess(node, launch, new(launch.LogOf(node.Name), _time)))]);
        foreach (NodeProcess node in _fleet.Nodes)
        {
            node.Changed += WriteState;
        }

        _fleet.Start();
    }

    /// <summary>Starts the HTTP server with the testnet's switches beside the gateway's endpoints.</summary>
    public async Task StartServerAsync(CancellationToken cancellationToken)
    {
        ArmedKills kills = new(async id => Fleet.Find(id) is { } node ? await node.KillAsync() : null);
        _gateway!.Generator.BeforeRelease = kills.BeforeReleaseAsync;
        _gateway.Generator.Ended = kills.Ended;
        TestnetSwitches switches = new(Fleet, kills, WhenSeenAsync, _token, _time, _stopping.Token);
        try
        {
            _server = await GatewayServer.StartAsync(
                _gateway, new GatewayOptions { Port = _plan.Topology.Port, Owner = _token, MoreEndpoints = switches.Map }, _time, _loggers, cancellationToken);
        }
        catch (PortRefusedException e)
        {
            throw new CommandFailedException(ExitCode.Precondition, "port_busy", e.Message, "choose another: aria testnet up --port 0", e);
        }

        WriteState();
    }

    /// <summary>Returns when every node has said that it serves; fails with the first that ends instead.</summary>
    /// <exception cref="CommandFailedException">A node ended.</exception>
    public async Task WhenNodesReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Fleet.WhenReadyAsync(cancellationToken);
        }
        catch (NodeExitedException e)
        {
            string words = Fleet.Find(e.Name)!.LastWords();
            throw new CommandFailedException(ExitCode.Precondition, "node_failed", $"{e.Message} It said: {words}", $"aria testnet logs {e.Name}", e);
        }
    }

    /// <summary>Returns when the gateway knows what every node serves.</summary>
    public async Task WhenNodesSeenAsync(CancellationToken cancellationToken)
    {
        foreach (NodeProcess node in Fleet.Nodes)
        {
            await WhenSeenAsync(node, cancellationToken);
        }
    }

    /// <summary>
    /// Runs the gateway's node until <paramref name="cancellationToken"/>. A ledger that stopped does not end the testnet: the gateway stays and refuses requests with
    /// <c>ledger_stopped</c>, so that everyone hears why, and <paramref name="tell"/> is told once.
    /// </summary>
    public async Task RunAsync(Action<string> tell, CancellationToken cancellationToken)
    {
        try
        {
            await _gateway!.RunAsync(cancellationToken);
        }
        catch (LedgerStoppedException e)
        {
            _log.Write($"error: {e.Message}");
            tell($"{e.Message}  Fix: make room on the disk of {_plan.Folder.Data}, then aria testnet down and up again.");
            WriteState();
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Kills all nodes without waiting: the last act of a supervisor that was told twice.</summary>
    public void KillNow()
    {
        _fleet?.KillNow();
        Forget();
    }

    /// <summary>Ends HTTP first, then all lifelines at once, then the gateway's node.</summary>
    public async ValueTask DisposeAsync()
    {
        _log.Write("stopping");
        await _stopping.CancelAsync();
        if (_server is { } server)
        {
            await server.DisposeAsync();
        }

        if (_fleet is { } fleet)
        {
            IReadOnlyList<string> killed = await fleet.StopAsync(StopPatience);
            if (killed.Count > 0)
            {
                _log.Write($"had to kill {string.Join(", ", killed)}");
            }

            await fleet.DisposeAsync();
        }

        if (_gateway is { } gateway)
        {
            await gateway.DisposeAsync();
        }

        Forget();
        _log.Write("stopped");
        _stopping.Dispose();
        _gatewayLog.Dispose();
        _log.Dispose();
    }

    /// <summary>What other commands are told.</summary>
    public TestnetState State() => new()
    {
        Name = _plan.Folder.Name,
        Pid = ProcessIdentity.Current.Pid,
        Started = ProcessIdentity.Current.Started,
        Command = _plan.Command,
        Model = _plan.Model.Name,
        ModelSource = _plan.Topology.Model,
        ModelId = _plan.Model.Id.ToString(),
        Layers = _plan.Model.Shape.Layers,
        Url = Url.GetLeftPart(UriPartial.Authority),
        ApiUrl = new Uri(Url, "/v1").ToString(),
        Logs = _plan.Folder.Logs,
        ControlToken = _token.Text,
        Gateway = new()
        {
            Name = TestnetPlan.GatewayName,
            Pid = ProcessIdentity.Current.Pid,
            Started = ProcessIdentity.Current.Started,
            State = _gateway!.Ledger.Stopped is null ? "online" : "stopped",
            NodeId = _gateway.Id.ToString(),
            PeerId = _gateway.PeerId.ToString(),
            Address = _gateway.Addresses[0].ToString(),
            Layers = "",
            Embedding = false,
            Head = false,
            Log = _plan.Folder.LogOf(TestnetPlan.GatewayName),
            Data = _plan.Folder.DataOf(TestnetPlan.GatewayName),
        },
        Nodes = [.. Fleet.Nodes.Select(StateOf)],
    };

    // The directory looks by itself every few seconds once a model is covered; whoever waits has it look at once.
    private async Task WhenSeenAsync(NodeProcess node, CancellationToken cancellationToken)
    {
        CapabilityDirectory directory = _gateway!.Directory;
        while (directory.Snapshot.Find(node.Id) is not { UnreachableSince: null, Record.Served.IsEmpty: false })
        {
            await directory.RefreshAsync(cancellationToken);
            await Task.Delay(LookInterval, _time, cancellationToken);
        }
    }

    private static TestnetNodeState StateOf(NodeProcess node) => new()
    {
        Name = node.Name,
        Pid = node.Identity.Pid,
        Started = node.Identity.Started,
        State = node.State,
        NodeId = node.Id.ToString(),
        PeerId = node.Id.PeerIdOf().ToString(),
        Address = node.Address,
        Layers = node.Node.LayersFlag,
        Embedding = node.Node.Span.Embedding,
        Head = node.Node.Span.Head,
        Log = node.LogPath,
        Data = node.DataPath,
    };

    // Nodes come and go on threads of their own; the file is written by one at a time, and not after it was taken away.
    private void WriteState()
    {
        lock (_writing)
        {
            if (_ended || _server is null)
            {
                return;
            }

            try
            {
                State().Write(_plan.Folder.StateFile);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _log.Write($"the state file could not be written: {e.Message}");
            }
        }
    }

    private void Forget()
    {
        lock (_writing)
        {
            _ended = true;
            try
            {
                File.Delete(_plan.Folder.StateFile);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _log.Write($"the state file could not be taken away: {e.Message}");
            }
        }
    }
}
