using Aria.Discovery;
using Aria.Engine;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Ledger;
using Aria.Libp2p;
using Aria.Libp2p.KadDht;
using Aria.Libp2p.PubSub;
using Aria.Node.Generation;
using Aria.Node.Ledgers;
using Aria.Node.Openings;
using Aria.Node.Serving;
using Aria.Node.Traces;
using Aria.Pipeline;
using Aria.Pipeline.Energy;
using Aria.Scheduling;
using Aria.Wire.Signing;
using Microsoft.Extensions.Logging;

namespace Aria.Node;

public sealed partial class AriaNode
{
    // The model is read while the ledger is checked; nothing listens before both are well.
    private async Task OpenAsync(ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        SigningKey key = SigningKey.FromSeed(_options.IdentitySeed.Span);
        Owned(key);
        Identity identity = Identity.FromSeed(_options.IdentitySeed.Span);
        Owned(identity);
        Id = key.Id;

        Task<(ModelFile Model, SpanEngine? Engine, StepCost Cost)?> model = Task.Run(OpenModel, cancellationToken);
        try
        {
            await OpenFolderAsync(key, loggers, cancellationToken);
        }
        catch
        {
            Release(await Settled(model));
            throw;
        }

        (ModelFile Model, SpanEngine? Engine, StepCost Cost)? opened = await model;
        OwnModel(opened);

        LedgerServer server = new(Ledger, Traces, _time);
        Owned(server);
        NodeReach reach = new(_options.Reach, _options.Transports, _time, loggers);
        Peer = new(identity, reach.Transports, new LocalPeerOptions { AgentVersion = _options.Software, DirectConnectionWait = NodeReach.DirectConnectionWait }, _time, loggers);
        Owned(Peer);
        reach.Attach(Peer, identity);
        Owned(reach);
        _reach = reach;
        Dht = new(Peer, CapabilityDht.Options(isServer: true) with { PeersFile = Path.Combine(_options.DataDirectory, "peers") }, _time, loggers);
        Owned(Dht);
        reach.Steer(Dht);
        _closing.Push(EndLoopsAsync);
        Directory = new(Dht, Peer, Network, _time, loggers.CreateLogger<CapabilityDirectory>());
        _publisher = new(Dht, Peer, identity, Network, Path.Combine(_options.DataDirectory, "sequence"), _time, loggers.CreateLogger<CapabilityPublisher>());
        Ledgers = new(Peer, _time);
        Peer.Handle(LedgerProtocol.Id, server.HandleAsync);

        ActivationRouter router = new(Peer, _time, loggers.CreateLogger<ActivationRouter>());
        if (opened is { Engine: { } engine })
        {
            Owned(new StageHost(
                router, key, [engine], new() { Network = Network, MaxSessions = _options.MaxSessions, MaxPositions = _options.KvPositions },
                new LedgerStageLog(Ledger, Traces, Broken), EnergyMeter.Open(_options.EnergyTdpWatts, _options.Threads, Environment.ProcessorCount), _time,
                loggers.CreateLogger<StageHost>()));
        }

        PipelineGateway gateway = new(router, _options.Pipeline, _time, loggers.CreateLogger<PipelineGateway>());
        Generator = new(new(Network, key, Peer, gateway, Directory, Ledger, Openings, Broken), _options.Generation, _time, loggers.CreateLogger<TextGenerator>());

        Owned(Generator);

        await ListenAsync(cancellationToken);
        await JoinAsync(opened, cancellationToken);
        Run(stopping => GossipAsync(identity, loggers, stopping));
    }

    // Beside the rest, and only now: a node is found through the hash table before it gossips.
    private async Task GossipAsync(Identity identity, ILoggerFactory loggers, CancellationToken stopping)
    {
        await using GossipSub gossip = new(Peer, identity, new(), _time, loggers);
        using CapabilityGossip capabilities = new(gossip, Network, Directory, _publisher!, _time);
        await gossip.RunAsync(stopping);
    }

    private async Task OpenFolderAsync(SigningKey key, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        string folder = _options.DataDirectory;
        try
        {
            System.IO.Directory.CreateDirectory(folder);
            Ledger = await LedgerLog.OpenAsync(
                new()
                {
                    Directory = Path.Combine(folder, "ledger"), HeadDirectory = Path.Combine(folder, "head"), NetworkId = Network, Software = _options.Software,
                },
                key, _time, loggers.CreateLogger<LedgerLog>(), cancellationToken);
            Owned(Ledger);
            Traces = TraceStore.Open(Path.Combine(folder, "traces"), _options.MaxTraceBytes);
            Openings = OpeningStore.Open(Path.Combine(folder, "openings"), _options.MaxOpenings);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException($"The data folder {folder} cannot be used: {e.Message.TrimEnd('.')}.", "Give the node a folder that it may write to.", e);
        }
    }

    private (ModelFile Model, SpanEngine? Engine, StepCost Cost)? OpenModel()
    {
        if (_options.OpenedModel is null && _options.Model is null)
        {
            return _options.Span is null ? null : throw new NodeStartException("A node that serves layers has a model.", "Name one.");
        }

        string name = _options.Model ?? _options.OpenedModel!.Name;
        ModelFile? model = null;
        try
        {
            model = _options.OpenedModel ?? ModelFile.Open(name);
            if (_options.Span is not { } span)
            {
                _ = model.Id;       // reads all weights: here, while the ledger is read
                return (model, null, default);
            }

            if (!StageSpan.Whole(model.Shape.Layers).Contains(span))
            {
                throw new ModelUnusableException(name, $"it has {model.Shape.Layers} layers, so {span} is not in it");
            }

            ModelTooLargeException.ThrowIfTooLarge(model, span, _options.KvPositions, _options.AvailableMemoryBytes ?? MachineMemory.AvailableBytes());
            SpanEngine engine = new(model, span, new EngineOptions { Threads = _options.Threads, Kernels = _options.Kernels });
            return (model, engine, StepCostMeasurement.Run(engine, _time));
        }
        catch (Exception e)
        {
            if (_options.OpenedModel is null)
            {
                model?.Dispose();
            }

            throw e switch
            {
                FileNotFoundException or DirectoryNotFoundException => new ModelNotFoundException(name, e),
                ModelFormatException => new ModelUnusableException(name, e.Message, e),
                IOException or UnauthorizedAccessException => new ModelUnusableException(name, e.Message, e),
                _ => e,
            };
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        foreach (Multiaddress address in _options.Listen)
        {
            try
            {
                await Peer.ListenAsync(address, cancellationToken);
            }
            catch (ListenFailedException e)
            {
                throw new AddressRefusedException(address, e);
            }
        }
    }

    // Bootstrap addresses that do not answer are no failure: the node stands alone until others come, or it finds them.
    private async Task JoinAsync((ModelFile Model, SpanEngine? Engine, StepCost Cost)? opened, CancellationToken cancellationToken)
    {
        await BootstrapAsync(cancellationToken);
        if (opened is { } has)
        {
            Directory.Follow(has.Model.Id);
            Models = [new(has.Model, _options.Span)];
        }

        if (opened is { Engine: { } engine } serves)
        {
            ServedModel served = new(
                serves.Model.Id, serves.Model.Name, NumericSpec.Id, serves.Model.Shape.Layers, engine.Span, serves.Cost,
                Math.Min(_options.KvPositions, serves.Model.Shape.Context));
            await _publisher!.UpdateAsync([served], cancellationToken);
            LogServes(_logger, Id, served.Span, served.Name);
        }

        Run(_reach!.RunAsync);
        Run(Dht.RunAsync);
        Run(_publisher!.RunAsync);
        Run(Directory.RunAsync);
        _closing.Push(SayGoodbyeAsync);
    }

    private async Task BootstrapAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(BootstrapWait, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            await Dht.BootstrapAsync(_options.Bootstrap, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // the table goes on trying
        }
    }

    private async ValueTask EndLoopsAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops);
    }

    // What it served is withdrawn, so that nobody plans with it any more; whoever has not heard of it by then finds out by a dial.
    private async ValueTask SayGoodbyeAsync()
    {
        if (_publisher is { Served.IsEmpty: false })
        {
            using CancellationTokenSource late = new(GoodbyeTimeout, _time);
            try
            {
                await _publisher.UpdateAsync([], late.Token);
            }
            catch (OperationCanceledException)
            {
                // it took too long
            }
        }
    }

    private void Run(Func<CancellationToken, Task> loop) => _loops.Add(Task.Run(async () =>
    {
        try
        {
            await loop(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // the node stops
        }
        catch (Exception e)
        {
            Broken(e);
        }
    }));

    private void Broken(Exception cause)
    {
        if (_broken.TrySetException(cause))
        {
            LogBroken(_logger, cause);
        }
    }

    private void Owned(IDisposable part) => _closing.Push(() =>
    {
        part.Dispose();
        return default;
    });

    private void Owned(IAsyncDisposable part) => _closing.Push(part.DisposeAsync);

    private void OwnModel((ModelFile Model, SpanEngine? Engine, StepCost Cost)? opened) => _closing.Push(() =>
    {
        Release(opened);
        return default;
    });

    private void Release((ModelFile Model, SpanEngine? Engine, StepCost Cost)? opened)
    {
        opened?.Engine?.Dispose();
        if (_options.OpenedModel is null)
        {
            opened?.Model.Dispose();
        }
    }

    private static async Task<(ModelFile Model, SpanEngine? Engine, StepCost Cost)?> Settled(Task<(ModelFile Model, SpanEngine? Engine, StepCost Cost)?> model)
    {
        try
        {
            return await model;
        }
        catch (Exception)
        {
            return null;        // the folder's trouble is told first
        }
    }
}
