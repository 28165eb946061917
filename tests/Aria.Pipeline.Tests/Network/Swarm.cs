using Aria.Engine.Execution;
using Aria.Engine.Sampling;
using Aria.Libp2p;
using Aria.Libp2p.Transports;
using Aria.Provenance.Plans;
using Aria.Provenance.Signatures;

namespace Aria.Pipeline.Tests.Network;

/// <summary>A gateway and serving nodes on one memory network, with the built-in model.</summary>
internal sealed class Swarm : IAsyncDisposable
{
    private readonly List<SpanEngine> _engines = [];

    private Swarm(TestNode gateway) => Gateway = gateway;

    public MemoryNetwork Network { get; private init; } = null!;

    public TestNode Gateway { get; }

    public List<TestNode> Nodes { get; } = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One node for each span.</summary>
    public static async Task<Swarm> StartAsync(params StageSpan[] served)
    {
        MemoryNetwork network = new();
        Swarm swarm = new(await TestNode.StartAsync(network, 1)) { Network = network };
        foreach (StageSpan span in served)
        {
            TestNode node = await TestNode.StartAsync(network, (byte)(2 + swarm.Nodes.Count));
            swarm.Nodes.Add(node);
            swarm.Serve(node, span);
        }

        return swarm;
    }

    public void Serve(TestNode node, params StageSpan[] spans)
    {
        SpanEngine[] engines = [.. spans.Select(TinyModel.Engine)];
        _engines.AddRange(engines);
        node.Serve(engines);
    }

    public Signed<JobPlan> Plan(
        IReadOnlyList<(TestNode Node, StageSpan Span)> stages, SamplingParameters? sampling = null, int epoch = 0, int? headFrom = null, JobId? job = null) =>
        TestPlan.Of(
            Gateway, TinyModel.File.Id, [.. stages.Select(stage => (stage.Node.Id, stage.Span))], TinyModel.Prompt,
            sampling: sampling, epoch: epoch, headFrom: headFrom, job: job).Seal(Gateway);

    // Whoever is lost here ends its streams, and what is asked for comes: however busy the machine is, it is waited for.
    public Task<PipelineSession> OpenAsync(Signed<JobPlan> plan, PipelineGatewayOptions? options = null) => Gateway.Gateway((options ?? new()) with
    {
        BlameWait = TimeSpan.FromMinutes(1), FinishTimeout = TimeSpan.FromMinutes(2), AbortTimeout = TimeSpan.FromMinutes(2),
    }).OpenAsync(
        plan, TestPlan.Key, TinyModel.File.Shape.Vocabulary, [.. plan.Value.Stages.Select(stage => AddressesOf(stage.Node))], Token);

    /// <summary>Feeds <paramref name="known"/> tokens beyond the prompt with it, then chooses the rest.</summary>
    public static async Task<Generation> GenerateAsync(
        PipelineSession session, IReadOnlyList<uint>? known = null, Func<int, ValueTask>? before = null, int outputs = TinyModel.Outputs)
    {
        SamplingParameters sampling = session.Plan.Value.Sampling;
        List<uint> output = [.. known ?? []];
        List<Candidate[]> answers = [];
        List<float?> logSums = [];
        await session.SendAsync((uint[])[.. TinyModel.Prompt, .. output], Token);
        while (true)
        {
            HeadAnswer answer = await session.ReceiveAsync(Token);
            answers.Add(answer.Candidates.ToArray());
            logSums.Add(answer.LogSum);
            output.Add(Sampler.Choose(answers[^1], sampling, TinyModel.Prompt.Length + output.Count));
            if (output.Count == outputs)
            {
                return new([.. output], [.. answers], [.. logSums]);
            }

            await (before?.Invoke(output.Count) ?? ValueTask.CompletedTask);
            await session.SendAsync((uint[])[output[^1]], Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TestNode node in Nodes)
        {
            await node.DisposeAsync();
        }

        await Gateway.DisposeAsync();
        _engines.ForEach(engine => engine.Dispose());
    }

    private IReadOnlyList<Multiaddress> AddressesOf(NodeId node) => Nodes.Find(one => one.Id == node)?.Peer.Addresses ?? [];
}
