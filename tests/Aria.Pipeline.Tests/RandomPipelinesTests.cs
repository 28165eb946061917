using Aria.Pipeline.Tests.Network;
using Aria.Provenance.Plans;
using Aria.Provenance.Signatures;
using Aria.Testing;

namespace Aria.Pipeline.Tests;

/// <summary>Random splits over random nodes, with a random node killed at a random moment: whatever happens, the answer is one engine's and the blame is right.</summary>
public sealed class RandomPipelinesTests
{
    private const int Rounds = 8;     // in none of them does anybody wait for the blame: who was killed is missed at once

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhateverIsKilledWhenever_TheTextIsTheSame_AndNobodyElseIsBlamed()
    {
        Random random = TestSeed.Random();
        for (int round = 0; round < Rounds; round++)
        {
            SamplingParameters sampling = round % 2 == 0
                ? SamplingParameters.Greedy
                : new(0.7f, 0, 1, (ulong)random.NextInt64()) { Penalties = new(1.1f, 1, -0.5f), LogProbabilities = 1 };
            Generation alone = TinyModel.Alone(sampling);
            StageSpan whole = StageSpan.Whole(TinyModel.Layers);
            await using Swarm swarm = await Swarm.StartAsync([.. Enumerable.Repeat(whole, 5)]);
            List<TestNode> alive = [.. swarm.Nodes];
            List<uint> output = [];
            JobId? job = null;
            for (int epoch = 0; output.Count < TinyModel.Outputs; epoch++)
            {
                (TestNode Node, StageSpan Span)[] stages = RandomStages(alive, random);
                Signed<JobPlan> plan = swarm.Plan(stages, sampling, epoch: epoch, headFrom: TinyModel.Prompt.Length + output.Count - 1, job: job);
                job = plan.Value.Job;
                TestNode victim = stages[random.Next(stages.Length)].Node;
                int killAt = alive.Count > 1 ? random.Next(output.Count, TinyModel.Outputs + 3) : int.MaxValue;
                await using PipelineSession session = await swarm.OpenAsync(plan, new() { FramePositions = random.Next(1, 8) });
                Task? killing = killAt == output.Count ? victim.KillAsync().AsTask() : null;
                try
                {
                    List<uint> known = [.. output];
                    Generation rest = await Swarm.GenerateAsync(session, known, async count =>
                    {
                        output.Add(alone.Output[count - 1]);
                        if (count == killAt)
                        {
                            killing = victim.KillAsync().AsTask();
                        }

                        await Task.Yield();
                    });
                    Assert.Equal(alone.Output, rest.Output);
                    output = [.. rest.Output];
                }
                catch (PipelineFaultException fault)
                {
                    Assert.NotNull(killing);
                    Assert.Equal([victim.Id], fault.Lost);
                    alive.Remove(victim);
                    Assert.All(
                        (await session.AbortAsync(fault.Reason, Token)).Index(),
                        receipt => Assert.True(receipt.Item is not null || stages[receipt.Index].Node == victim));
                }

                await (killing ?? Task.CompletedTask);
            }
        }
    }

    // One to six stages, each on any node that lives.
    private static (TestNode, StageSpan)[] RandomStages(List<TestNode> alive, Random random)
    {
        int[] cuts = [.. Enumerable.Range(1, TinyModel.Layers - 1).Where(_ => random.Next(3) == 0).Take(5)];
        int[] edges = [0, .. cuts, TinyModel.Layers];
        return [.. Enumerable.Range(0, edges.Length - 1).Select(i => (alive[random.Next(alive.Count)], TinyModel.Span(edges[i], edges[i + 1])))];
    }
}
