using Aria.Engine.Models;
using Aria.Libp2p;
using Aria.Libp2p.Transports;
using Aria.Node;
using Aria.Node.Generation;
using Microsoft.Extensions.Logging.Abstractions;

[assembly: AssemblyFixture(typeof(Aria.Gateway.Tests.Network.TestNetwork))]

namespace Aria.Gateway.Tests.Network;

/// <summary>Real nodes in this process, joined by memory: two hold the halves of the built-in model, gateways are added by the tests.</summary>
public sealed class TestNetwork : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("aria-gateway-tests-").FullName;
    private readonly MemoryNetwork _memory = new();
    private readonly List<AriaNode> _stages = [];
    private int _nodes;

    /// <summary>The model that the network serves.</summary>
    public ModelFile Model { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Model = ModelFile.Open("aria-tiny");
        int layers = Model.Shape.Layers;
        _stages.Add(await StartNodeAsync(new(true, LayerRange.Of(0, layers / 2), false)));
        _stages.Add(await StartNodeAsync(new(false, LayerRange.Of(layers / 2, layers), true)));
    }

    /// <summary>A further node, which the caller disposes of.</summary>
    /// <param name="span">What it serves of the model.</param>
    /// <param name="wrap">Puts something around its transport.</param>
    /// <param name="generation">Bounds of its generations.</param>
    /// <param name="bootstrap">Whom it dials; the network's first node when null, nobody when empty.</param>
    internal Task<AriaNode> StartNodeAsync(
        StageSpan? span, Func<ITransport, ITransport>? wrap = null, GenerationOptions? generation = null, IReadOnlyList<Multiaddress>? bootstrap = null)
    {
        int number = Interlocked.Increment(ref _nodes);
        ITransport memory = new MemoryTransport(_memory);
        return AriaNode.StartAsync(
            new()
            {
                Network = "gateway-tests",
                IdentitySeed = Digest.Of([(byte)number, (byte)(number >> 8)]).ToArray(),
                DataDirectory = Path.Combine(_folder, $"n{number}"),
                Listen = [Multiaddress.Parse($"/memory/{number}")],
                Bootstrap = bootstrap is null ? _stages.Count == 0 ? [] : [.. _stages[0].Addresses] : [.. bootstrap],
                OpenedModel = Model,
                Span = span,
                Generation = generation ?? new(),
                Transports = [wrap is null ? memory : wrap(memory)],
            },
            TimeProvider.System,
            NullLoggerFactory.Instance,
            TestContext.Current.CancellationToken);
    }

    /// <summary>A gateway with a node of its own that has found its way through the network.</summary>
    internal async Task<TestGateway> StartGatewayAsync(GenerationOptions? generation = null) =>
        await TestGateway.StartAsync(await StartNodeAsync(null, generation: generation), findRoute: true);

    public async ValueTask DisposeAsync()
    {
        foreach (AriaNode stage in _stages)
        {
            await stage.DisposeAsync();
        }

        Model?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
