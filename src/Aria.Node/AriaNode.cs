using System.Collections.Immutable;
using Aria.Discovery;
using Aria.Ledger;
using Aria.Libp2p;
using Aria.Libp2p.KadDht;
using Aria.Libp2p.Nat.Probing;
using Aria.Node.Generation;
using Aria.Node.Ledgers;
using Aria.Node.Openings;
using Aria.Node.Traces;
using Microsoft.Extensions.Logging;

namespace Aria.Node;

/// <summary>
/// One node, wired: identity, ledger, peer, hash table, directory, the stages it serves and the generator. Many live in one process. Its folder holds
/// <c>ledger/</c>, <c>head/</c>, <c>traces/</c>, <c>openings/</c>, <c>peers</c> and <c>sequence</c> (specs/node.md).
/// </summary>
public sealed partial class AriaNode : IAsyncDisposable
{
    private static readonly TimeSpan BootstrapWait = TimeSpan.FromSeconds(2);       // of a start: afterwards it is tried again while nobody is known
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(1);

    private readonly NodeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Stack<Func<ValueTask>> _closing = [];          // what was opened, the last first
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _loops = [];
    private CapabilityPublisher? _publisher;
    private NodeReach? _reach;
    private int _disposed;

    private AriaNode(NodeOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        (_options, _time, _logger) = (options, time, loggers.CreateLogger<AriaNode>());
        _closing.Push(() =>
        {
            _stopping.Dispose();
            return default;
        });
    }

    /// <summary>The network's id.</summary>
    public string Network => _options.Network;

    /// <summary>The node.</summary>
    public NodeId Id { get; private set; }

    /// <summary>Its libp2p name.</summary>
    public PeerId PeerId => Peer.Id;

    /// <summary>What it listens on, each ending in <c>/p2p/&lt;id&gt;</c>.</summary>
    public IReadOnlyList<Multiaddress> Addresses => Peer.Addresses;

    /// <summary>Where it tells others that it is reached: what it listens on, or where others have been found to reach it (specs/nat.md §2.4).</summary>
    public IReadOnlyList<Multiaddress> AnnouncedAddresses => Peer.AnnouncedAddresses;

    /// <summary>Whether others can reach it; unknown where it does not ask them.</summary>
    public Reachability Reachability => _reach?.Reachability ?? Reachability.Unknown;

    /// <summary>Models it has.</summary>
    public ImmutableArray<NodeModel> Models { get; private set; } = [];

    /// <summary>Its log.</summary>
    public LedgerLog Ledger { get; private set; } = null!;

    /// <summary>Its traces.</summary>
    public TraceStore Traces { get; private set; } = null!;

    /// <summary>Its openings.</summary>
    public OpeningStore Openings { get; private set; } = null!;

    /// <summary>Its peer.</summary>
    public LocalPeer Peer { get; private set; } = null!;

    /// <summary>Its hash table.</summary>
    public KadDht Dht { get; private set; } = null!;

    /// <summary>The nodes it knows.</summary>
    public CapabilityDirectory Directory { get; private set; } = null!;

    /// <summary>Fetches other nodes' logs and traces.</summary>
    public LedgerClient Ledgers { get; private set; } = null!;

    /// <summary>Generates text.</summary>
    public TextGenerator Generator { get; private set; } = null!;

    /// <summary>Starts a node; it serves when this returns. What was opened is closed again if it cannot.</summary>
    /// <exception cref="NodeStartException">An address, the model or the folder cannot be used.</exception>
    /// <exception cref="LedgerRefusedException">The ledger is another node's, damaged, or (<see cref="LedgerLockedException"/>) in use.</exception>
    public static async Task<AriaNode> StartAsync(NodeOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        AriaNode node = new(options, time, loggers);
        try
        {
            await node.OpenAsync(loggers, cancellationToken);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until cancelled, or until the node cannot go on: its ledger stopped, or a loop of its failed. Then the caller disposes of it.</summary>
    /// <exception cref="LedgerStoppedException">The ledger stopped.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _broken.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // told to stop
        }
    }

    /// <summary>
    /// Stops in order: its capability record withdrawn; running generations recorded as cancelled; sessions ended; loops, peer and at last the ledger closed.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        List<Exception> failures = [];
        while (_closing.TryPop(out Func<ValueTask>? close))
        {
            try
            {
                await close();
            }
            catch (Exception e)
            {
                failures.Add(e);        // the rest is closed nevertheless: the ledger above all
            }
        }

        foreach (Exception failure in failures)
        {
            LogNotClosed(_logger, failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node} serves {Span} of {Model}")]
    private static partial void LogServes(ILogger logger, NodeId node, StageSpan span, string model);

    [LoggerMessage(Level = LogLevel.Error, Message = "The node cannot go on")]
    private static partial void LogBroken(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A part of the node did not close in order")]
    private static partial void LogNotClosed(ILogger logger, Exception exception);
}
