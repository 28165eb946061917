using Aria.Node.Traces;
using Aria.Provenance.Plans;
using Aria.Provenance.Receipts;
using Aria.Provenance.Signatures;
using Aria.Testing.Jobs;

namespace Aria.Node.Tests.Traces;

public sealed class TraceStoreTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("aria-traces-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task ATrace_ComesBack_AlsoAfterARestart()
    {
        StageTrace trace = Trace(0);
        await TraceStore.Open(_root, 1 << 20).KeepAsync(trace, Token);
        TraceStore again = TraceStore.Open(_root, 1 << 20);
        Assert.Equal(trace.Encode(), await again.ReadAsync(trace.Job, 0, 0, Token));
        Assert.Null(await again.ReadAsync(trace.Job, 0, 1, Token));
        Assert.Null(await again.ReadAsync(trace.Job, 1, 0, Token));
    }

    [Fact]
    public async Task ATrace_ComesInParts()
    {
        StageTrace trace = Trace(0);
        byte[] whole = trace.Encode();
        TraceStore store = TraceStore.Open(_root, 1 << 20);
        await store.KeepAsync(trace, Token);
        List<byte> joined = [];
        while (joined.Count < whole.Length)
        {
            (int total, byte[] part) = (await store.ReadPartAsync(trace.Job, 0, 0, joined.Count, 100, Token))!.Value;
            Assert.Equal((whole.Length, Math.Min(100, whole.Length - joined.Count)), (total, part.Length));
            joined.AddRange(part);
        }

        Assert.Equal(whole, joined);
        Assert.Empty((await store.ReadPartAsync(trace.Job, 0, 0, whole.Length, 100, Token))!.Value.Bytes);
        Assert.Null(await store.ReadPartAsync(trace.Job, 0, 0, whole.Length + 1, 100, Token));
    }

    [Fact]
    public async Task TheRoom_IsKept_ByRemovingTheOldest()
    {
        StageTrace first = Trace(0);
        TraceStore store = TraceStore.Open(_root, (first.Encode().Length * 3) - 1);
        for (int epoch = 0; epoch < 4; epoch++)
        {
            await store.KeepAsync(Trace(epoch), Token);
        }

        Assert.Null(await store.ReadAsync(first.Job, 0, 0, Token));
        Assert.Null(await store.ReadAsync(first.Job, 1, 0, Token));
        Assert.NotNull(await store.ReadAsync(first.Job, 2, 0, Token));
        Assert.NotNull(await store.ReadAsync(first.Job, 3, 0, Token));
    }

    private static StageTrace Trace(int epoch)
    {
        using SampleJob job = new();
        Signed<JobPlan> plan = Signed.Seal(job.Plan(epoch), job.Gateway);
        return job.Receipt(plan, 0, job.Activations.PositionCount).Trace;
    }
}
