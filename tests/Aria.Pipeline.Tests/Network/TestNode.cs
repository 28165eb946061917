using Aria.Engine.Execution;
using Aria.Libp2p;
using Aria.Libp2p.Transports;
using Aria.Pipeline.Energy;
using Aria.Wire.Signing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Pipeline.Tests.Network;

/// <summary>A peer on a memory network, able to be a gateway, and a stage once it serves. A given clock is the pipeline's; the peer keeps its own.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly Identity _identity;

    private TestNode(MemoryNetwork network, byte seed, TimeProvider time)
    {
        byte[] bytes = [.. Enumerable.Repeat(seed, 32)];
        Key = SigningKey.FromSeed(bytes);
        _identity = Identity.FromSeed(bytes);
        Time = time;
        Peer = new(_identity, [new MemoryTransport(network)], new(), TimeProvider.System, NullLoggerFactory.Instance);
        Router = new(Peer, time, NullLogger<ActivationRouter>.Instance);
    }

    public const string Network = "aria-test";

    public SigningKey Key { get; }

    public NodeId Id => Key.Id;

    public TimeProvider Time { get; }

    public LocalPeer Peer { get; }

    public ActivationRouter Router { get; }

    public MemoryStageLog Log { get; } = new();

    public StageHost? Host { get; private set; }

    public static async Task<TestNode> StartAsync(MemoryNetwork network, byte seed, TimeProvider? time = null)
    {
        TestNode node = new(network, seed, time ?? TimeProvider.System);
        await node.Peer.ListenAsync(Multiaddress.Parse("/memory/0"), TestContext.Current.CancellationToken);
        return node;
    }

    public StageHost Serve(IReadOnlyList<SpanEngine> engines, Func<StageHostOptions, StageHostOptions>? change = null, EnergyMeter? energy = null)
    {
        StageHostOptions options = new() { Network = Network };
        Host = new(
            Router, Key, engines, change is null ? options : change(options), Log, energy ?? EnergyMeter.None, Time, NullLogger<StageHost>.Instance);
        return Host;
    }

    /// <summary>With time for an acceptance on a busy machine.</summary>
    public PipelineGateway Gateway(PipelineGatewayOptions? options = null) =>
        new(Router, (options ?? new()) with { OpenTimeout = TimeSpan.FromMinutes(2), RecordTimeout = TimeSpan.FromMinutes(2) }, Time, NullLogger<PipelineGateway>.Instance);

    /// <summary>Every connection is gone at once, as when the process is killed; nobody answers here any more.</summary>
    public ValueTask KillAsync() => Peer.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (Host is not null)
        {
            await Host.DisposeAsync();
        }

        await Peer.DisposeAsync();
        _identity.Dispose();
        Key.Dispose();
    }
}
