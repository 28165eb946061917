using System.Text.Json;
using Aria.Audit;
using Aria.Engine.Text;
using Aria.Ledger.Entries;
using Aria.Node.Generation;
using Aria.Provenance.Checks;
using Aria.Provenance.Records;
using Aria.Scheduling;
using Aria.Testing;

namespace Aria.Node.Tests.Generation;

public sealed class TextGeneratorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GreedyText_OverTwoNodes_IsThatOfTheGoldens()
    {
        string goldens = Fixtures.Path("data", "models", "default", "goldens.json");
        await using Swarm swarm = await Swarm.StartAsync((0, 4), (4, 8));
        await swarm.UntilSeenAsync();
        foreach (JsonElement row in JsonDocument.Parse(File.ReadAllBytes(goldens)).RootElement.GetProperty("cases").EnumerateArray())
        {
            uint[] prompt = [.. row.GetProperty("ids").EnumerateArray().Select(id => id.GetUInt32())];
            int max = row.GetProperty("n").GetInt32(), safe = row.GetProperty("safe_tokens").GetInt32();
            Answer answer = await swarm.GenerateAsync(swarm.Request(prompt, max));
            Assert.Equal(row.GetProperty("greedy").EnumerateArray().Select(id => id.GetUInt32()).Take(safe), answer.Ids.Take(safe));
            Assert.Equal(swarm.Model.Tokenizer.Decode(answer.Ids), answer.Text);
            Assert.Equal(Enumerable.Range(1, answer.Tokens.Count), answer.Tokens.Select(token => token.Index));
            Assert.Equal(2, answer.Finished.Plan.Stages.Length);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task SampledText_IsTheSame_HoweverManyNodesComputeIt(int nodes)
    {
        (int, int)[] spans = [.. Enumerable.Range(0, nodes).Select(i => (i * 8 / nodes, (i + 1) * 8 / nodes))];
        await using Swarm swarm = await Swarm.StartAsync(spans);
        await swarm.UntilSeenAsync();
        uint[] prompt = swarm.Prompt("One day, a girl");
        SamplingParameters sampling = new(0.9f, 50, 0.95f, 4711);
        Answer answer = await swarm.GenerateAsync(swarm.Request(prompt, 40, sampling));
        Assert.Equal(swarm.Reference(prompt, 40, sampling), answer.Ids);
        Assert.Equal(nodes, answer.Finished.Plan.Stages.Length);
        AuditVerdict audit = await NodeRecords.AuditAsync(swarm, answer.Record);
        Assert.Empty(audit.Findings);
        Assert.Equal(nodes, audit.ReceiptsCompared);
    }

    [Fact]
    public async Task TheSameRecord_StandsInEveryLog_AndHolds()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 3), (3, 8));
        await swarm.UntilSeenAsync();
        uint[] prompt = swarm.Prompt("Once upon a time");
        Answer answer = await swarm.GenerateAsync(swarm.Request(prompt, 12));
        byte[]? record = await NodeRecords.FindAsync(swarm.Gateway, answer.Record);
        Assert.NotNull(record);
        Assert.Null(answer.Finished.Problem);
        Assert.All(swarm.Nodes, node => Assert.Equal(record, NodeRecords.FindAsync(node, answer.Record).Result));
        RecordCheckResult check = RecordCheck.Verify(record, swarm.Layers);
        Assert.Empty(check.Findings);
        InferenceRecord value = check.Record!.Value;
        Assert.Equal((prompt.Length, 12, FinishReason.Length), (value.PromptTokens, value.CompletionTokens, value.Finish));
        Assert.Equal(prompt.Length + 11, Assert.Single(value.Attempts).PositionCount);
        Assert.True(swarm.Gateway.Ledger.TryFind(Digest.Of(record), out long index));
        Assert.Equal(index, answer.Finished.LedgerIndex);
        Assert.Equal(answer.Started.Job, value.Job);
    }

    [Fact]
    public async Task ANodeThatDies_CostsNoText_AndTheRecordNamesBothAttempts()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 4), (0, 4), (4, 8), (4, 8));
        await swarm.UntilSeenAsync();
        uint[] prompt = swarm.Prompt("Once upon a time");
        AriaNode? dead = null;
        swarm.Gateway.Generator.BeforeRelease = async (_, token, plan) =>
        {
            if (token == 6)
            {
                dead = swarm.Nodes.Single(node => node.Id == plan.Stages[1].Node);
                await Swarm.KillAsync(dead);
            }
        };
        Answer answer = await swarm.GenerateAsync(swarm.Request(prompt, 24));
        Assert.Equal(swarm.Reference(prompt, 24), answer.Ids);
        Assert.Equal(2, answer.Finished.Attempts);
        Assert.NotEqual(answer.Tokens[5].Plan.Stages[1], answer.Tokens[6].Plan.Stages[1]);
        Assert.DoesNotContain(answer.Finished.Plan.Stages, stage => stage.Node == dead!.Id);

        byte[]? record = await NodeRecords.FindAsync(swarm.Gateway, answer.Record);
        RecordCheckResult check = RecordCheck.Verify(record, swarm.Layers);
        Assert.Equal(Verdict.Valid, check.Verdict);
        Assert.Equal(2, check.Attempts.Length);
        Assert.NotNull(check.Attempts[0].Attempt.Fault);
        Assert.Null(check.Attempts[1].Attempt.Fault);
        Assert.Equal(prompt.Length - 1, check.Attempts[0].Plan!.Value.HeadFrom);
        Assert.Equal(prompt.Length + 5, check.Attempts[1].Plan!.Value.HeadFrom);
        Assert.NotNull(check.Attempts[0].Receipts[0]);
        Assert.Null(check.Attempts[0].Receipts[1]);
        NodeId[] alive = [.. check.Attempts.SelectMany(attempt => attempt.Plan!.Value.Stages).Select(stage => stage.Node).Where(node => node != dead!.Id).Distinct()];
        Assert.All(alive, id => Assert.Equal(record, NodeRecords.FindAsync(swarm.Nodes.Single(node => node.Id == id), answer.Record).Result));
        Assert.Empty((await NodeRecords.AuditAsync(swarm, answer.Record)).Findings);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task ANodeThatDies_ChangesNeitherWhatPenaltiesCountNorLogProbabilities(int victim)
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 4), (0, 4), (4, 8), (4, 8));
        await swarm.UntilSeenAsync();
        uint[] prompt = swarm.Prompt("Once upon a time");
        SamplingParameters sampling = new(0.8f, 0, 0.95f, 99) { Penalties = new(1.15f, 0.4f, 0.2f), LogProbabilities = 2 };
        Answer calm = await swarm.GenerateAsync(swarm.Request(prompt, 24, sampling));
        Assert.Equal(swarm.Reference(prompt, 24, sampling), calm.Ids);
        Assert.NotEqual(swarm.Reference(prompt, 24, sampling with { Penalties = RepetitionPenalties.None }), calm.Ids);
        swarm.Gateway.Generator.BeforeRelease = async (_, token, plan) =>
        {
            if (token == 9)
            {
                await Swarm.KillAsync(swarm.Nodes.Single(node => node.Id == plan.Stages[victim].Node));
            }
        };
        Answer answer = await swarm.GenerateAsync(swarm.Request(prompt, 24, sampling));
        Assert.Equal(2, answer.Finished.Attempts);
        Assert.Equal(calm.Ids, answer.Ids);
        Assert.Equal(calm.Text, answer.Text);
        Assert.Equal(Told(calm), Told(answer));
        Assert.Equal(answer.Ids, answer.Tokens.SelectMany(token => token.LogProbabilities).Select(one => one.Token));

        byte[]? record = await NodeRecords.FindAsync(swarm.Gateway, answer.Record);
        RecordCheckResult check = RecordCheck.Verify(record, swarm.Layers);
        Assert.Equal(Verdict.Valid, check.Verdict);
        Assert.All(check.Attempts, attempt => Assert.Equal((sampling, prompt.Length), (attempt.Plan!.Value.Sampling, attempt.Plan.Value.AnswerFrom)));
        Assert.Empty((await NodeRecords.AuditAsync(swarm, answer.Record)).Findings);

        static IEnumerable<string> Told(Answer answer) => answer.Tokens.SelectMany(token => token.LogProbabilities)
            .Select(one => $"{one.Token} {one.TextOffset} {one.LogProbability:R} {string.Join(' ', one.Best)}");
    }

    [Fact]
    public async Task RandomLosses_NeverChangeTheText()
    {
        Random random = TestSeed.Random();
        for (int round = 0; round < 4; round++)
        {
            await using Swarm swarm = await Swarm.StartAsync((0, 5), (3, 8), (0, 8), (0, 4), (2, 8));
            await swarm.UntilSeenAsync();
            uint[] prompt = swarm.Prompt("One day, a boy named Tom");
            SamplingParameters sampling = new(0.7f, 0, 1f, (ulong)random.NextInt64()) { Penalties = round % 2 == 0 ? RepetitionPenalties.None : new(1.2f, -0.5f, 1), LogProbabilities = round };
            HashSet<int> deaths = [random.Next(1, 20), random.Next(1, 20)];
            List<AriaNode> dead = [];
            swarm.Gateway.Generator.BeforeRelease = async (_, token, plan) =>
            {
                if (deaths.Contains(token))
                {
                    NodeId chosen = plan.Stages[random.Next(plan.Stages.Length)].Node;
                    AriaNode victim = swarm.Nodes.Single(node => node.Id == chosen);
                    if (!dead.Contains(victim))
                    {
                        dead.Add(victim);
                        await Swarm.KillAsync(victim);
                    }
                }
            };
            RecordId record;
            try
            {
                Answer answer = await swarm.GenerateAsync(swarm.Request(prompt, 20, sampling));
                Assert.Equal(swarm.Reference(prompt, 20, sampling), answer.Ids);
                Assert.InRange(answer.Finished.Attempts, 1, 1 + dead.Count);
                record = answer.Record;
            }
            catch (NoRouteException none)       // the two that died may have been all that held some layers
            {
                Assert.Equal(2, dead.Count);
                record = none.Record!.Value;
            }

            byte[] bytes = (await NodeRecords.FindAsync(swarm.Gateway, record))!;
            Assert.Equal(Verdict.Valid, RecordCheck.Verify(bytes, swarm.Layers).Verdict);
            Assert.Empty((await NodeRecords.AuditAsync(swarm, record)).Findings);
        }
    }

    [Fact]
    public async Task WithoutAReplica_ALoss_NamesTheLayers_AndIsOnRecord()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 4), (4, 8));
        await swarm.UntilSeenAsync();
        swarm.Gateway.Generator.BeforeRelease = async (_, token, _) =>
        {
            if (token == 3)
            {
                await Swarm.KillAsync(swarm.Nodes[1]);
            }
        };
        NoRouteException lost = await Assert.ThrowsAsync<NoRouteException>(() => swarm.GenerateAsync(swarm.Request(swarm.Prompt("Once upon a time"), 20)));
        Assert.Equal(LayerRange.Of(4, 8), Assert.Single(lost.Uncovered.Layers));
        Assert.True(lost.Uncovered.Head);
        Assert.Contains("[4,8)", lost.Message, StringComparison.Ordinal);
        byte[]? record = await NodeRecords.FindAsync(swarm.Gateway, lost.Record!.Value);
        RecordCheckResult check = RecordCheck.Verify(record, swarm.Layers);
        Assert.Equal(Verdict.Valid, check.Verdict);
        Assert.Equal((FinishReason.Failed, 3), (check.Record!.Value.Finish, check.Record.Value.CompletionTokens));
        Assert.Equal(record, await NodeRecords.FindAsync(swarm.Nodes[0], lost.Record.Value));
    }

    [Fact]
    public async Task WithNobodyAround_TheWholeModelIsMissing()
    {
        await using Swarm swarm = await Swarm.StartAsync();
        NoRouteException none = await Assert.ThrowsAsync<NoRouteException>(() => swarm.GenerateAsync(swarm.Request(swarm.Prompt("Hello"), 4)));
        Assert.Equal((true, LayerRange.Of(0, 8), true), (none.Uncovered.Embedding, Assert.Single(none.Uncovered.Layers), none.Uncovered.Head));
        Assert.Null(none.Record);
        Assert.Equal(1, swarm.Gateway.Ledger.Head.Size);
    }

    [Fact]
    public async Task AClientThatLeaves_IsOnRecordAsCancelled()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 8));
        await swarm.UntilSeenAsync();
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        swarm.Gateway.Generator.Ended = _ => ended.TrySetResult();
        using CancellationTokenSource client = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (GenerationEvent next in swarm.Gateway.Generator.GenerateAsync(swarm.Request(swarm.Prompt("Once"), 400), client.Token))
            {
                if (next is GenerationEvent.Token { Index: 2 })
                {
                    await client.CancelAsync();
                }
            }
        });
        await ended.Task.WaitAsync(Token);
        byte[] record = Assert.Single(await NodeRecords.EntriesAsync(swarm.Gateway, EntryKind.Record));
        RecordCheckResult check = RecordCheck.Verify(record, swarm.Layers);
        Assert.Equal(Verdict.Valid, check.Verdict);
        Assert.Equal(FinishReason.Cancelled, check.Record!.Value.Finish);
        Assert.InRange(check.Record.Value.CompletionTokens, 2, 399);
        Assert.Equal(record, Assert.Single(await NodeRecords.EntriesAsync(swarm.Nodes[0], EntryKind.Record)));
        Assert.Empty((await NodeRecords.AuditAsync(swarm, check.Id!.Value)).Findings);
    }

    [Fact]
    public async Task StopTexts_EndTheAnswer_AndAreNoPartOfIt()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 8));
        await swarm.UntilSeenAsync();
        uint[] prompt = swarm.Prompt("Once upon a time");
        Answer whole = await swarm.GenerateAsync(swarm.Request(prompt, 30));
        string stop = whole.Text[20..26];
        Answer stopped = await swarm.GenerateAsync(swarm.Request(prompt, 30, null, stop));
        Assert.Equal(whole.Text[..whole.Text.IndexOf(stop, StringComparison.Ordinal)], stopped.Text);
        Assert.Equal(FinishReason.Stop, stopped.Finished.Reason);
        Assert.True(stopped.Tokens.Count < whole.Tokens.Count);
        Assert.Empty((await NodeRecords.AuditAsync(swarm, stopped.Record)).Findings);
    }

    [Fact]
    public async Task ManyAtOnce_AllGetTheirOwnText()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 4), (4, 8));
        await swarm.UntilSeenAsync();
        string[] texts = ["Once upon a time", "The dog", "A little cat", "Tom and Sue", "In the park", "It was"];
        Answer[] answers = await Task.WhenAll(texts.Select(text => swarm.GenerateAsync(swarm.Request(swarm.Prompt(text), 16))));
        Assert.All(texts.Zip(answers), pair => Assert.Equal(swarm.Reference(swarm.Prompt(pair.First), 16), pair.Second.Ids));
        Assert.Equal(texts.Length, answers.Select(answer => answer.Record).Distinct().Count());
    }

    [Fact]
    public async Task TooMany_AreRefusedAtOnce()
    {
        await using Swarm swarm = new();
        await swarm.StartNodeAsync(swarm.Options("gateway", 0, null) with { Generation = Swarm.Patient with { MaxRunning = 1, MaxWaiting = 1 } });
        await swarm.StartNodeAsync(swarm.Options("n1", 1, swarm.Span(0, 8)));
        await swarm.UntilSeenAsync();
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously), go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        swarm.Gateway.Generator.BeforeRelease = async (_, _, _) =>
        {
            arrived.TrySetResult();
            await go.Task;
        };
        Task<Answer> running = swarm.GenerateAsync(swarm.Request(swarm.Prompt("Once"), 3));
        await arrived.Task.WaitAsync(Token);
        Task<Answer> waiting = swarm.GenerateAsync(swarm.Request(swarm.Prompt("Twice"), 3));
        Assert.Equal(2, swarm.Gateway.Generator.Present);
        QueueFullException full = await Assert.ThrowsAsync<QueueFullException>(() => swarm.GenerateAsync(swarm.Request(swarm.Prompt("Thrice"), 3)));
        Assert.Equal((1, 1), (full.Running, full.Waiting));
        go.SetResult();
        Assert.Equal(3, (await running).Ids.Length);
        Assert.Equal(3, (await waiting).Ids.Length);
    }

    [Fact]
    public async Task WhenEveryNodeIsBusy_TheAnswerSaysSo()
    {
        await using Swarm swarm = await Swarm.StartAsync();
        await swarm.StartNodeAsync(swarm.Options("n1", 1, swarm.Span(0, 8)) with { MaxSessions = 1 });
        await swarm.UntilSeenAsync();
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously), go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        swarm.Gateway.Generator.BeforeRelease = async (_, _, _) =>
        {
            arrived.TrySetResult();
            await go.Task;
        };
        Task<Answer> running = swarm.GenerateAsync(swarm.Request(swarm.Prompt("Once"), 3));
        await arrived.Task.WaitAsync(Token);
        GenerationFailedException busy = await Assert.ThrowsAsync<GenerationFailedException>(() => swarm.GenerateAsync(swarm.Request(swarm.Prompt("Twice"), 3)));
        Assert.Contains("refuse", busy.Message, StringComparison.Ordinal);
        RecordCheckResult check = RecordCheck.Verify(await NodeRecords.FindAsync(swarm.Gateway, busy.Record!.Value), swarm.Layers);
        Assert.Equal(Verdict.Valid, check.Verdict);
        Assert.Equal((0, FinishReason.Failed), (check.Record!.Value.CompletionTokens, check.Record.Value.Finish));
        go.SetResult();
        Assert.Equal(3, (await running).Ids.Length);
        Assert.Equal(3, (await swarm.GenerateAsync(swarm.Request(swarm.Prompt("Twice"), 3))).Ids.Length);       // a node that was busy is not lost
    }

    [Fact]
    public async Task AGatewayThatStops_RecordsWhatRuns_AsCancelled()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 8));
        await swarm.UntilSeenAsync();
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        swarm.Gateway.Generator.BeforeRelease = (_, _, _) =>
        {
            arrived.TrySetResult();
            return default;
        };
        Task<Answer> running = swarm.GenerateAsync(swarm.Request(swarm.Prompt("Once"), 400));
        await arrived.Task.WaitAsync(Token);
        await swarm.StopAsync(swarm.Gateway);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        byte[] record = Assert.Single(await NodeRecords.EntriesAsync(swarm.Gateway, EntryKind.Record));      // the stage's node comes first now
        Assert.Equal(FinishReason.Cancelled, RecordCheck.Verify(record).Record!.Value.Finish);
        Assert.Equal(Verdict.Valid, RecordCheck.Verify(record).Verdict);
    }

    [Fact]
    public async Task WhatNoNetworkCanServe_IsRefusedAtOnce()
    {
        await using Swarm swarm = await Swarm.StartAsync();
        Assert.Throws<ArgumentException>(() => swarm.Gateway.Generator.GenerateAsync(swarm.Request([], 1), Token));
        Assert.Throws<ArgumentException>(() => swarm.Gateway.Generator.GenerateAsync(swarm.Request([0], 0), Token));
        Assert.Throws<ArgumentException>(() => swarm.Gateway.Generator.GenerateAsync(swarm.Request([0, 5000], 1), Token));
        Assert.Throws<ArgumentException>(() => swarm.Gateway.Generator.GenerateAsync(swarm.Request([0], swarm.Model.Shape.Context), Token));
        Assert.Throws<ArgumentException>(() => swarm.Gateway.Generator.GenerateAsync(swarm.Request([0], 1, null, ""), Token));
        Assert.Throws<ArgumentException>(() => swarm.Gateway.Generator.GenerateAsync(swarm.Request([0], 1, new(3f, 0, 1f, 0)), Token));
    }
}
