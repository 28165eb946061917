using System.Buffers.Binary;
using System.Text;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Libp2p.Transports;
using Aria.Pipeline.Control;
using Aria.Pipeline.Tests.Network;
using Aria.Testing;

namespace Aria.Pipeline.Tests;

/// <summary>A model whose fifth layer overflows.</summary>
public sealed class NonFiniteTests : IDisposable
{
    private const int Layer = 5;

    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".gguf");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task ALayerThatOverflows_IsAFaultOfItsStage_WithLayerAndPosition()
    {
        File.WriteAllBytes(_path, Overflowing(File.ReadAllBytes(
            Path.Combine(Fixtures.RepositoryRoot, "src", "Aria.Engine", "Models", "BuiltIn", "aria-tiny.gguf"))));
        using ModelFile model = ModelFile.Open(_path);
        using SpanEngine engine = new(model, StageSpan.Whole(model.Shape.Layers), new());
        MemoryNetwork network = new();
        await using TestNode gateway = await TestNode.StartAsync(network, 1);
        await using TestNode node = await TestNode.StartAsync(network, 2);
        node.Serve([engine]);
        await using PipelineSession session = await gateway.Gateway().OpenAsync(
            TestPlan.Of(gateway, model.Id, [(node.Id, engine.Span)], [1, 2, 3]).Seal(gateway), TestPlan.Key, model.Shape.Vocabulary, [node.Peer.Addresses],
            TestContext.Current.CancellationToken);
        await session.SendAsync(new uint[] { 1, 2, 3 }, TestContext.Current.CancellationToken);
        PipelineFaultException fault = await Assert.ThrowsAsync<PipelineFaultException>(async () => await session.ReceiveAsync(TestContext.Current.CancellationToken));
        StageFailure failure = Assert.Single(fault.Failures);
        Assert.Equal((node.Id, FaultCode.NonFinite), (failure.Node, failure.Fault));
        Assert.Contains($"ayer {Layer}", failure.Text, StringComparison.Ordinal);
        Assert.NotNull(Assert.Single(await session.AbortAsync("overflow", TestContext.Current.CancellationToken)));
    }

    // A norm weight near the largest float: the normalised row times it is an infinity.
    private static byte[] Overflowing(byte[] gguf)
    {
        (long offset, long start) = Find(gguf, $"blk.{Layer}.attn_norm.weight");
        BinaryPrimitives.WriteSingleLittleEndian(gguf.AsSpan((int)(start + offset)), float.MaxValue);
        BinaryPrimitives.WriteSingleLittleEndian(gguf.AsSpan((int)(start + offset) + 4), float.MaxValue);
        BinaryPrimitives.WriteSingleLittleEndian(gguf.AsSpan((int)(start + offset) + 8), float.MaxValue);
        return gguf;
    }

    // GGUF 3: magic, version, tensors u64, pairs u64, pairs, tensor infos, padding to 32, data.
    private static (long Offset, long DataStart) Find(byte[] gguf, string tensor)
    {
        using BinaryReader reader = new(new MemoryStream(gguf), Encoding.UTF8);
        reader.BaseStream.Position = 8;
        long tensors = reader.ReadInt64(), pairs = reader.ReadInt64();
        for (long i = 0; i < pairs; i++)
        {
            Text();
            Skip(reader.ReadInt32());
        }

        long found = -1;
        for (long i = 0; i < tensors; i++)
        {
            string name = Text();
            int dimensions = reader.ReadInt32();
            reader.BaseStream.Position += 8 * dimensions;
            Assert.True(reader.ReadInt32() == 0 || name != tensor);         // F32
            long offset = reader.ReadInt64();
            found = name == tensor ? offset : found;
        }

        Assert.NotEqual(-1, found);
        return (found, (reader.BaseStream.Position + 31) / 32 * 32);

        string Text() => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadInt64()));

        void Skip(int type)
        {
            switch (type)
            {
                case 8:
                    Text();
                    break;
                case 9:
                    int element = reader.ReadInt32();
                    for (long left = reader.ReadInt64(); left > 0; left--)
                    {
                        Skip(element);
                    }

                    break;
                default:
                    reader.BaseStream.Position += type switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, _ => 8 };
                    break;
            }
        }
    }
}
