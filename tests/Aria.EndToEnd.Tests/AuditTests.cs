using System.Text.Json;
using Aria.EndToEnd.Tests.Testnets;
using Aria.Engine.Models;
using Aria.Libp2p;
using Aria.Node;
using Aria.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.EndToEnd.Tests;

/// <summary>Records replayed with the auditor's own weights: an honest one holds, a liar is named down to layer and position.</summary>
public sealed class AuditTests(SharedTestnet shared)
{
    private const int LyingLayer = 5;

    [Fact]
    public async Task HonestRecord_IsValid()
    {
        RunningTestnet testnet = await shared.GetAsync();
        string record = (await testnet.CompleteAsync("Once upon a time", 12)).GetProperty("aria").GetProperty("record").GetString()!;
        JsonElement audit = await testnet.JsonAsync(0, "audit", record, "--replay");
        Assert.Equal("valid", audit.GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task RecordWithoutReplay_IsCheckedByItsSignaturesAlone()
    {
        RunningTestnet testnet = await shared.GetAsync();
        string record = (await testnet.CompleteAsync("The cat", 3)).GetProperty("aria").GetProperty("record").GetString()!;
        ProgramRun run = await testnet.AriaAsync(0, "audit", record);
        Assert.Contains("signatures", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NodeWithOneFlippedTrit_IsNamed_WithLayerAndPosition()
    {
        await using RunningTestnet testnet = await RunningTestnet.StartAsync("-n", "2", "--replicas", "1");
        using ModelFile altered = AlteredModel(Path.Combine(testnet.Home.Path, "altered.gguf"));
        await using AriaNode liar = await AriaNode.StartAsync(
            new()
            {
                Network = "aria-testnet",
                IdentitySeed = Enumerable.Repeat((byte)7, 32).ToArray(),
                DataDirectory = Path.Combine(testnet.Home.Path, "liar"),
                Listen = [Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")],
                Bootstrap = [Multiaddress.Parse(testnet.Gateway.GetProperty("address").GetString()!)],
                OpenedModel = altered,
                Span = new StageSpan(false, LayerRange.Of(4, 8), true),
            },
            TimeProvider.System, NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        await testnet.WhenListedAsync(liar.PeerId.ToString());
        await testnet.AriaAsync(0, "testnet", "kill-node", "n2");

        JsonElement aria = (await testnet.CompleteAsync("Once upon a time", 12)).GetProperty("aria");
        Assert.Equal(liar.Id.ToString(), aria.GetProperty("hops")[1].GetProperty("node").GetString());
        JsonElement audit = await testnet.JsonAsync(4, "audit", aria.GetProperty("record").GetString()!, "--replay");
        Assert.Equal("invalid", audit.GetProperty("verdict").GetString());
        JsonElement replay = audit.GetProperty("replay");
        Assert.Equal(liar.Id.ToString(), replay.GetProperty("node").GetString());
        Assert.Equal(LyingLayer, replay.GetProperty("layer").GetInt32());
        Assert.Equal(0, replay.GetProperty("position").GetInt32());

        // The log itself is sound: the lie is in the computation, and the liar signed it.
        await testnet.AriaAsync(0, "ledger", "verify", "--node", "n1");
    }

    /// <summary>A model that says it is the built-in one and computes with one weight of layer 5 changed: the file is altered after its id was taken.</summary>
    private static ModelFile AlteredModel(string path)
    {
        using Stream builtIn = typeof(ModelFile).Assembly.GetManifestResourceStream($"{ModelFile.BuiltInNames[0]}.gguf")!;
        byte[] bytes = new byte[builtIn.Length];
        builtIn.ReadExactly(bytes);
        File.WriteAllBytes(path, bytes);
        ModelFile model = ModelFile.Open(path);
        using ModelFile honest = ModelFile.Open(ModelFile.BuiltInNames[0]);
        Assert.Equal(honest.Id, model.Id);

        // Four trits a byte: the lowest becomes another of 0, 1 and 2.
        long at = GgufTensor.OffsetOf(bytes, $"blk.{LyingLayer}.attn_v.weight");
        byte trits = bytes[at];
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = at;
            file.WriteByte((byte)((trits & ~3) | (((trits & 3) + 1) % 3)));
        }

        using ModelFile altered = ModelFile.Open(path);
        Assert.NotEqual(honest.Id, altered.Id);
        return model;
    }
}
