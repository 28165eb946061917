using System.Diagnostics;
using Aria.Engine.Execution;
using Aria.Ledger;
using Aria.Ledger.Entries;
using Aria.Ledger.Notes;
using Aria.Ledger.Verification;
using Aria.Libp2p;
using Aria.Node.Generation;
using Aria.Node.Ledgers;
using Aria.Provenance.Checks;
using Aria.Provenance.Receipts;
using Aria.Provenance.Signatures;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Node.Tests;

public sealed class AriaNodeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ASecondNode_WithTheSameFolder_IsRefused()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 8));
        NodeOptions again = swarm.Options("n1", 1, swarm.Span(0, 8)) with { Listen = [Multiaddress.Parse("/memory/77")] };
        LedgerLockedException locked = await Assert.ThrowsAsync<LedgerLockedException>(() => swarm.StartNodeAsync(again));
        Assert.Equal(Environment.ProcessId, locked.ProcessId);
        Assert.NotEmpty(locked.NextStep);
    }

    [Fact]
    public async Task AnotherNodesFolder_IsRefused_AndStaysAsItWas()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 8));
        NodeOptions own = swarm.Options("n1", 1, swarm.Span(0, 8)), others = own with { IdentitySeed = new byte[32] };
        await swarm.StopAsync(swarm.Nodes[0]);
        await Assert.ThrowsAsync<LedgerRefusedException>(() => swarm.StartNodeAsync(others));
        AriaNode back = await swarm.StartNodeAsync(own);
        Assert.Equal(1, back.Ledger.Head.Size);
    }

    [Fact]
    public async Task ATakenAddress_IsNamed_AndLeavesNothingOpen()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 8));
        NodeOptions taken = swarm.Options("n2", 2, swarm.Span(0, 8)) with { Listen = [Multiaddress.Parse("/memory/1")] };
        AddressRefusedException refused = await Assert.ThrowsAsync<AddressRefusedException>(() => swarm.StartNodeAsync(taken));
        Assert.Equal("/memory/1", refused.Address.ToString());
        await swarm.StartNodeAsync(swarm.Options("n2", 2, swarm.Span(0, 8)));       // the folder is free again
    }

    [Fact]
    public async Task ModelsThatAreNone_AreNamed()
    {
        await using Swarm swarm = new();
        NodeOptions none = swarm.Options("x", 9, null) with { OpenedModel = null };
        ModelNotFoundException absent = await Assert.ThrowsAsync<ModelNotFoundException>(() => swarm.StartNodeAsync(none with { Model = "no-such-model" }));
        Assert.Contains("aria-tiny", absent.NextStep, StringComparison.Ordinal);
        string file = Path.Combine(none.DataDirectory, "garbage.gguf");
        await File.WriteAllTextAsync(file, "garbage", Token);
        ModelUnusableException garbage = await Assert.ThrowsAsync<ModelUnusableException>(() => swarm.StartNodeAsync(none with { Model = file }));
        Assert.Equal(file, garbage.Model);
        NodeOptions beyond = swarm.Options("x", 9, new(false, LayerRange.Of(4, 9), true));
        Assert.Contains("8 layers", (await Assert.ThrowsAsync<ModelUnusableException>(() => swarm.StartNodeAsync(beyond))).Problem, StringComparison.Ordinal);
        await Assert.ThrowsAsync<NodeStartException>(() => swarm.StartNodeAsync(beyond with { OpenedModel = null }));
    }

    [Fact]
    public async Task AFolderThatIsAFile_IsNamed()
    {
        await using Swarm swarm = new();
        NodeOptions options = swarm.Options("file", 9, null);
        await File.WriteAllTextAsync(options.DataDirectory, "", Token);
        NodeStartException refused = await Assert.ThrowsAsync<NodeStartException>(() => swarm.StartNodeAsync(options));
        Assert.Contains(options.DataDirectory, refused.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ANodeThatComesBack_ServesAgain_WithItsLog()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 8));
        await swarm.UntilSeenAsync();
        await swarm.GenerateAsync(swarm.Request(swarm.Prompt("Once"), 3));
        NodeOptions options = swarm.Options("n1", 1, swarm.Span(0, 8));
        Digest root = swarm.Nodes[0].Ledger.Head.Root;
        await swarm.StopAsync(swarm.Nodes[0]);
        AriaNode back = await swarm.StartNodeAsync(options);
        Assert.Equal(root, back.Ledger.Head.Root);
        await swarm.UntilSeenAsync();
        Answer answer = await swarm.GenerateAsync(swarm.Request(swarm.Prompt("Once"), 3));
        Assert.NotNull(await NodeRecords.FindAsync(back, answer.Record));
    }

    [Fact]
    public async Task AFetchedLog_Verifies_AndATraceIsWhatTheReceiptCommitsTo()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 4), (4, 8));
        await swarm.UntilSeenAsync();
        Answer answer = new(null!, [], null!);
        for (int i = 0; i < 3; i++)
        {
            answer = await swarm.GenerateAsync(swarm.Request(swarm.Prompt("Once"), 3 + i));
        }

        AriaNode owner = swarm.Nodes[1];
        ReadOnlyMemory<byte> note = await swarm.Gateway.Ledgers.HeadAsync(owner.PeerId, Token);
        Assert.True(SignedNote.TryParse(note.Span, out SignedNote? signed));
        Assert.True(Checkpoint.TryParse(signed.Text, out Checkpoint? checkpoint));
        Assert.Equal(4, checkpoint.Size);
        ReadOnlyMemory<byte>[] entries = await swarm.Gateway.Ledgers.EntriesAsync(owner.PeerId, 0, checkpoint.Size, Token).ToArrayAsync(Token);
        Assert.Empty(LedgerVerification.Verify(entries, note, owner.Id, entry => RecordFindings(entry)).Findings);
        Assert.Empty(await swarm.Gateway.Ledgers.EntriesAsync(owner.PeerId, 4, 9, Token).ToArrayAsync(Token));

        RecordCheckResult check = RecordCheck.Verify(await NodeRecords.FindAsync(owner, answer.Record));
        StageReceipt receipt = check.Attempts[0].Receipts[1]!.Value;
        byte[]? trace = await swarm.Gateway.Ledgers.TraceAsync(owner.PeerId, receipt.Job, 0, 1, Token);
        Assert.Equal(OpenStatus.Done, StageTrace.TryDecode(trace, out StageTrace? value));
        Assert.Equal(receipt.TraceCommit, value!.Commitment);
        Assert.Equal(receipt.OutRoot, value.OutRoot);
        Assert.Null(await swarm.Gateway.Ledgers.TraceAsync(owner.PeerId, receipt.Job, 0, 0, Token));
    }

    [Fact]
    public async Task AModelThatDoesNotFit_IsRefusedWithTheNumbers_BeforeAnythingIsLoaded()
    {
        await using Swarm swarm = await Swarm.StartAsync();
        NodeOptions options = swarm.Options("n1", 1, swarm.Span(0, 8)) with { KvPositions = 1 << 20, AvailableMemoryBytes = 1_000_000_000 };
        ModelTooLargeException refused = await Assert.ThrowsAsync<ModelTooLargeException>(() => swarm.StartNodeAsync(options));
        Assert.Equal(SpanFootprint.Of(swarm.Model, swarm.Span(0, 8), 1 << 20), refused.Footprint);
        Assert.Contains("of 1048576 positions. 1000 MB are free.", refused.Problem, StringComparison.Ordinal);
        Assert.Contains("--kv-positions", refused.NextStep, StringComparison.Ordinal);
        await swarm.StartNodeAsync(options with { KvPositions = 1024 });
    }

    [Fact]
    public async Task ALogWithADamagedFile_IsNotVouchedFor()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 8));
        string store = Path.Combine(swarm.Options("n1", 1, null).DataDirectory, "ledger");
        string log = Directory.GetFiles(store, "*.log").Single(path => new FileInfo(path).Length > 0);
        using (FileStream file = new(log, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            file.Position = 40;
            int old = file.ReadByte();
            file.Position = 40;
            file.WriteByte((byte)(old ^ 1));
        }

        LedgerFetchException refused = await Assert.ThrowsAsync<LedgerFetchException>(() => swarm.Gateway.Ledgers.HeadAsync(swarm.Nodes[0].PeerId, Token));
        Assert.Equal(LedgerRefusalCode.Damaged, refused.Refusal);
        Assert.NotEmpty(refused.Reason);
    }

    [Fact]
    public async Task ADiskThatRefusesTheGateway_CostsNoRecord_AndIsTold()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 8));
        await swarm.UntilSeenAsync();
        Answer before = await swarm.GenerateAsync(swarm.Request(swarm.Prompt("Once"), 3));
        string data = swarm.Options("gateway", 0, null).DataDirectory;
        Directory.CreateDirectory(Path.Combine(data, "head", "head.tmp"));       // no file can be written under this name now
        Answer answer = await swarm.GenerateAsync(swarm.Request(swarm.Prompt("Twice"), 3));
        Assert.Equal(3, answer.Ids.Length);
        Assert.Null(answer.Finished.LedgerIndex);
        Assert.Contains("ledger stopped", answer.Finished.Problem, StringComparison.Ordinal);
        Assert.NotNull(await NodeRecords.FindAsync(swarm.Nodes[0], answer.Record));
        Assert.NotNull(swarm.Gateway.Openings.Find(answer.Record));
        await Assert.ThrowsAsync<LedgerStoppedException>(() => swarm.Gateway.RunAsync(Token));
        await Assert.ThrowsAsync<LedgerStoppedException>(() => swarm.GenerateAsync(swarm.Request(swarm.Prompt("Thrice"), 3)));

        NodeOptions options = swarm.Options("gateway", 0, null) with { Bootstrap = [] };
        await swarm.StopAsync(swarm.Gateway);
        Directory.Delete(Path.Combine(data, "head", "head.tmp"));
        await using AriaNode back = await AriaNode.StartAsync(options, TimeProvider.System, NullLoggerFactory.Instance, Token);
        Assert.NotNull(await NodeRecords.FindAsync(back, before.Record));
        byte[] held = (await NodeRecords.FindAsync(swarm.Gateway, answer.Record))!;       // the stage's node comes first now
        LedgerPosition position = await back.Ledger.AppendAsync(EntryKind.Record, held, Token);
        Assert.Equal(2, position.Sequence);
    }

    [Fact]
    public async Task ADiskThatRefusesAStage_CostsNoText_AndStopsThatNode()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 8));
        await swarm.UntilSeenAsync();
        AriaNode stage = swarm.Nodes[0];
        string obstacle = Path.Combine(swarm.Options("n1", 1, null).DataDirectory, "head", "head.tmp");
        Directory.CreateDirectory(obstacle);
        Answer answer = await swarm.GenerateAsync(swarm.Request(swarm.Prompt("Once"), 3));
        Assert.Equal(1, answer.Finished.LedgerIndex);
        await Assert.ThrowsAsync<LedgerStoppedException>(() => stage.RunAsync(Token));
        byte[] record = (await NodeRecords.FindAsync(swarm.Gateway, answer.Record))!;
        Assert.Equal(Verdict.Valid, RecordCheck.Verify(record).Verdict);

        await swarm.StopAsync(stage);
        Directory.Delete(obstacle);
        AriaNode back = await swarm.StartNodeAsync(swarm.Options("n1", 1, swarm.Span(0, 8)));
        Assert.True(back.Ledger.Head.Size <= 3);        // the record, if its entry was written, or the receipt alone, or neither: nothing else, and nothing half
        Assert.Empty(LedgerVerification.VerifyDirectory(
            Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(obstacle))!, "ledger"), Path.GetDirectoryName(obstacle)!, back.Id).Findings);
    }

    [Fact]
    public async Task ANodesStop_IsSeenByItsGateway_AndNoSessionIsLost()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 8), (0, 8));
        await swarm.UntilSeenAsync();
        Answer answer = await swarm.GenerateAsync(swarm.Request(swarm.Prompt("Once upon a time"), 4));
        AriaNode used = swarm.Nodes.Single(node => node.Id == answer.Finished.Plan.Stages[0].Node);
        await swarm.StopAsync(used);
        await swarm.UntilSeenAsync();
        Answer next = await swarm.GenerateAsync(swarm.Request(swarm.Prompt("Once upon a time"), 4));
        Assert.Equal(answer.Ids, next.Ids);
        Assert.Equal(1, next.Finished.Attempts);
        Assert.NotEqual(used.Id, next.Finished.Plan.Stages[0].Node);
    }

    [Fact]
    public async Task ANodeAlone_ServesItself()
    {
        await using Swarm swarm = new();
        AriaNode alone = await swarm.StartNodeAsync(swarm.Options("alone", 0, swarm.Span(0, 8)));
        await swarm.UntilSeenAsync(alone.Id);
        uint[] prompt = swarm.Prompt("Once upon a time");
        Answer answer = await swarm.GenerateAsync(swarm.Request(prompt, 6));
        Assert.Equal(swarm.Reference(prompt, 6), answer.Ids);
        Assert.Equal(alone.Id, Assert.Single(answer.Finished.Plan.Stages).Node);
        Assert.Equal(2, alone.Ledger.Head.Size);        // its manifest and one record, although it is gateway and stage
        Assert.Empty((await NodeRecords.AuditAsync(swarm, answer.Record)).Findings);
    }

    [Fact]
    public async Task ANodeThatStartsBeforeItsNetwork_FindsItLater()
    {
        await using Swarm swarm = new();
        NodeOptions late = swarm.Options("late", 5, null);
        using Identity identity = Identity.FromSeed(late.IdentitySeed.Span);
        NodeOptions early = swarm.Options("early", 1, swarm.Span(0, 8)) with { Bootstrap = [late.Listen[0].WithPeer(identity.PeerId)] };
        await using AriaNode first = await AriaNode.StartAsync(early, TimeProvider.System, NullLoggerFactory.Instance, Token);
        Assert.Equal(0, first.Dht.RoutingTableCount);
        await swarm.StartNodeAsync(late);
        await swarm.UntilSeenAsync(first.Id);
        Assert.Equal(4, (await swarm.GenerateAsync(swarm.Request(swarm.Prompt("Once"), 4))).Ids.Length);
    }

    [Fact]
    public async Task ANodeWithoutABootstrapAddress_FindsThoseItKnew()
    {
        await using Swarm swarm = await Swarm.StartAsync((0, 8));
        await swarm.UntilSeenAsync();
        NodeOptions options = swarm.Options("n1", 1, swarm.Span(0, 8)) with { Bootstrap = [] };
        await swarm.StopAsync(swarm.Nodes[0]);
        AriaNode back = await swarm.StartNodeAsync(options);
        while (back.Dht.RoutingTableCount == 0)
        {
            await Task.Delay(10, Token);        // a start waits for them for two seconds at most
        }

        await swarm.UntilSeenAsync();
        Assert.Equal(3, (await swarm.GenerateAsync(swarm.Request(swarm.Prompt("Once"), 3))).Ids.Length);
    }

    [Fact]
    public async Task OverTcp_TheSame_AndATakenPortIsNamed()
    {
        await using Swarm swarm = new();
        Multiaddress any = Multiaddress.Parse("/ip4/127.0.0.1/tcp/0");
        long began = Stopwatch.GetTimestamp();
        AriaNode gateway = await swarm.StartNodeAsync(swarm.Options("gateway", 0, null) with { Listen = [any], Transports = null });
        TestContext.Current.TestOutputHelper?.WriteLine($"started in {Stopwatch.GetElapsedTime(began).TotalMilliseconds:F0} ms");
        for (byte i = 1; i < 3; i++)
        {
            began = Stopwatch.GetTimestamp();
            await swarm.StartNodeAsync(swarm.Options($"n{i}", i, swarm.Span((i - 1) * 4, i * 4)) with { Listen = [any], Transports = null, OpenedModel = null, Model = "aria-tiny" });
            TestContext.Current.TestOutputHelper?.WriteLine($"started in {Stopwatch.GetElapsedTime(began).TotalMilliseconds:F0} ms");
        }

        await swarm.UntilSeenAsync();
        uint[] prompt = swarm.Prompt("Once upon a time");
        Answer answer = await swarm.GenerateAsync(swarm.Request(prompt, 16));
        Assert.Equal(swarm.Reference(prompt, 16), answer.Ids);
        Assert.Empty((await NodeRecords.AuditAsync(swarm, answer.Record)).Findings);
        Multiaddress taken = gateway.Addresses[0].WithoutPeer();
        AddressRefusedException refused = await Assert.ThrowsAsync<AddressRefusedException>(
            () => swarm.StartNodeAsync(swarm.Options("n3", 3, null) with { Listen = [taken], Transports = null }));
        Assert.Equal(taken, refused.Address);
    }

    [Fact]
    public async Task AStreamThatSpeaksSomethingElse_IsRefusedOrReset()
    {
        await using Swarm swarm = await Swarm.StartAsync();
        AriaNode asker = await swarm.StartNodeAsync(swarm.Options("n1", 1, null));
        await using (PeerStream stream = await asker.Peer.OpenStreamAsync(swarm.Gateway.PeerId, LedgerProtocol.Id, Token))
        {
            await stream.Output.WriteAsync(new byte[] { 0, 0, 0, 2, 0x91, 1 }, Token);
            byte[]? answer = await LedgerFrames.ReadAsync(stream.Input, LedgerProtocol.MaxAnswerBytes, Token);
            Assert.Equal(LedgerRefusalCode.Malformed, Assert.IsType<LedgerMessage.Refused>(LedgerCodec.Decode(answer)).Code);
            await LedgerFrames.WriteAsync(stream.Output, new LedgerMessage.GetEntries(0, 1), Token);
            answer = await LedgerFrames.ReadAsync(stream.Input, LedgerProtocol.MaxAnswerBytes, Token);
            Assert.Single(Assert.IsType<LedgerMessage.Entries>(LedgerCodec.Decode(answer)).Items);
            await stream.Output.WriteAsync(new byte[] { 0, 0, 1, 1 }, Token);
            await Assert.ThrowsAsync<StreamResetException>(async () => await LedgerFrames.ReadAsync(stream.Input, LedgerProtocol.MaxAnswerBytes, Token));
        }

        Assert.NotEmpty((await asker.Ledgers.HeadAsync(swarm.Gateway.PeerId, Token)).ToArray());
    }

    private static IEnumerable<PayloadFinding> RecordFindings(LedgerEntry entry) =>
        entry.Kind != EntryKind.Record ? [] : RecordCheck.Verify(entry.Payload).Findings.Select(finding => new PayloadFinding(Verdict.Invalid, finding.Text));
}
