using System.Collections.Immutable;
using Aria.Discovery;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Sampling;
using Aria.Libp2p;
using Aria.Libp2p.Transports;
using Aria.Node.Generation;
using Aria.Provenance.Records;
using Aria.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Node.Tests;

/// <summary>Nodes of one network in one process, over memory, with their folders: nothing but the transport differs from processes on machines.</summary>
internal sealed class Swarm : IAsyncDisposable
{
    private readonly List<AriaNode> _nodes = [];
    private readonly string _root = System.IO.Directory.CreateTempSubdirectory("aria-swarm-").FullName;

    // For what has to come about, on however busy a machine. Whoever is lost is so by the end of its connections, which nobody has to wait for.
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    /// <summary>An answer is over when every stage that lives has its record.</summary>
    public static GenerationOptions Patient { get; } = new() { MaxAbortWait = Long, MaxRecordWait = Long, StopTimeout = Long };

    public MemoryNetwork Network { get; } = new();

    public ModelFile Model { get; } = ModelFile.Open("aria-tiny");

    public int Layers => Model.Shape.Layers;

    public AriaNode Gateway => _nodes[0];

    /// <summary>The nodes that serve layers, in the order of their start.</summary>
    public IReadOnlyList<AriaNode> Nodes => _nodes[1..];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A gateway and nodes that serve these layers; the head goes with the last one, the embedding with the first.</summary>
    public static async Task<Swarm> StartAsync(params (int Start, int End)[] spans)
    {
        Swarm swarm = new();
        await swarm.StartNodeAsync(swarm.Options("gateway", 0, null));
        for (int i = 0; i < spans.Length; i++)
        {
            await swarm.StartNodeAsync(swarm.Options($"n{i + 1}", (byte)(i + 1), swarm.Span(spans[i].Start, spans[i].End)));
        }

        return swarm;
    }

    public StageSpan Span(int start, int end) => new(start == 0, LayerRange.Of(start, end), end == Layers);

    public NodeOptions Options(string name, byte seed, StageSpan? span) => new()
    {
        Network = "aria-test",
        IdentitySeed = Enumerable.Repeat((byte)(seed + 1), 32).ToArray(),
        DataDirectory = Path.Combine(_root, name),
        Listen = [Multiaddress.Parse($"/memory/{seed + 1}")],
        Bootstrap = _nodes.Count == 0 ? [] : [.. Gateway.Addresses.Take(1)],
        OpenedModel = Model,
        Span = span,
        Software = "aria/test",
        Generation = Patient,
        Pipeline = new()
        {
            OpenTimeout = Long, StepTimeout = Long, ProbeTimeout = Long, FinishTimeout = Long, AbortTimeout = Long, RecordTimeout = Long,
            BlameWait = Long,
        },
        Transports = [new MemoryTransport(Network)],
    };

    public async Task<AriaNode> StartNodeAsync(NodeOptions options)
    {
        AriaNode node = await AriaNode.StartAsync(options, TimeProvider.System, NullLoggerFactory.Instance, Token);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Waits until the gateway can plan over exactly the nodes that serve, or over these.</summary>
    public async Task UntilSeenAsync(params NodeId[] nodes)
    {
        HashSet<NodeId> wanted = [.. nodes.Length > 0 ? nodes : Nodes.Select(node => node.Id)];
        while (!wanted.SetEquals(Gateway.Directory.SwarmFor(Model.Id, Layers, Gateway.Id).Spans.Select(span => span.Node)))
        {
            await Gateway.Directory.RefreshAsync(Token);
        }
    }

    /// <summary>The node's connections end at once and it answers nobody any more, as if its process had been killed.</summary>
    public static async Task KillAsync(AriaNode node) => await node.Peer.DisposeAsync();

    /// <summary>Stops a node in order and forgets it.</summary>
    public async Task StopAsync(AriaNode node)
    {
        _nodes.Remove(node);
        await node.DisposeAsync();
    }

    public uint[] Prompt(string text) => [Model.Tokenizer.BeginOfSequence, .. Model.Tokenizer.Encode(text)];

    public GenerationRequest Request(uint[] prompt, int maxTokens, SamplingParameters? sampling = null, params string[] stops) =>
        new(Model, [.. prompt], maxTokens, sampling ?? SamplingParameters.Greedy, stops);

    public async Task<Answer> GenerateAsync(GenerationRequest request, CancellationToken? cancellationToken = null)
    {
        List<GenerationEvent.Token> tokens = [];
        GenerationEvent.Started? started = null;
        GenerationEvent.Finished? finished = null;
        await foreach (GenerationEvent next in Gateway.Generator.GenerateAsync(request, cancellationToken ?? Token))
        {
            switch (next)
            {
                case GenerationEvent.Started first: started = first; break;
                case GenerationEvent.Token token: tokens.Add(token); break;
                case GenerationEvent.Finished last: finished = last; break;
            }
        }

        return new(started!, tokens, finished!);
    }

    /// <summary>What one engine alone gives: the reference that no pipeline may differ from.</summary>
    public uint[] Reference(uint[] prompt, int maxTokens, SamplingParameters? sampling = null)
    {
        SamplingParameters parameters = sampling ?? SamplingParameters.Greedy;
        using SpanEngine engine = new(Model, StageSpan.Whole(Layers), new EngineOptions());
        using KvCache cache = engine.CreateCache(LayerRange.Of(0, Layers), prompt.Length + maxTokens);
        List<uint> known = [.. prompt];
        LogitAdjustment adjustment = LogitAdjustment.Of(parameters, prompt.Length);
        Candidate[] candidates = new Candidate[Math.Min(parameters.CandidateCount, Model.Shape.Vocabulary)];
        while (known.Count < prompt.Length + maxTokens)
        {
            float[] rows = new float[(known.Count - cache.Count) * Model.Shape.Dim];
            engine.Embed([.. known.Skip(cache.Count)], rows);
            adjustment.Count([.. known.Skip(cache.Count)]);
            engine.Forward(cache, cache.Count, rows);
            int found = engine.Head(rows.AsSpan(rows.Length - Model.Shape.Dim), candidates, adjustment);
            uint token = Sampler.Choose(candidates.AsSpan(0, found), parameters, known.Count);
            known.Add(token);
            if (Model.Tokenizer.EndTokens.Contains(token))
            {
                break;
            }
        }

        return [.. known.Skip(prompt.Length)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (AriaNode node in _nodes)
        {
            await node.DisposeAsync();
        }

        Model.Dispose();
        System.IO.Directory.Delete(_root, recursive: true);
    }
}

/// <summary>A whole answer.</summary>
internal sealed record Answer(GenerationEvent.Started Started, IReadOnlyList<GenerationEvent.Token> Tokens, GenerationEvent.Finished Finished)
{
    public string Text => string.Concat(Tokens.Select(token => token.Text));

    public uint[] Ids => [.. Tokens.Select(token => token.Id)];

    public RecordId Record => Finished.Record ?? throw new InvalidOperationException($"There is no record: {Finished.Problem}");
}
