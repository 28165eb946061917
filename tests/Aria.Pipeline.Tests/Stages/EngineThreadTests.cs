using Aria.Engine.Execution;
using Aria.Pipeline.Stages;
using Aria.Pipeline.Tests.Network;

namespace Aria.Pipeline.Tests.Stages;

public sealed class EngineThreadTests : IDisposable
{
    private readonly SpanEngine _engine = TinyModel.Engine(TinyModel.Span(0, 1));

    public void Dispose() => _engine.Dispose();

    private sealed class Step(string name, List<string> done, bool isShort = false, ManualResetEventSlim? gate = null) : EngineWork
    {
        public override bool IsShort => isShort;

        protected override void Run(SpanEngine engine)
        {
            gate?.Wait(TestContext.Current.CancellationToken);
            Assert.StartsWith("engine", Thread.CurrentThread.Name, StringComparison.Ordinal);
            done.Add(name);
            if (name == "bad")
            {
                throw new InvalidOperationException(name);
            }
        }
    }

    [Fact]
    public async Task ShortStepsAndLongOnes_TakeTurns_InOrderOfArrival()
    {
        using EngineThread thread = new(_engine);
        using ManualResetEventSlim gate = new();
        List<string> done = [];
        Task[] all =
        [
            .. new[]
            {
                new Step("s0", done, true, gate), new Step("L1", done), new Step("L2", done), new Step("L3", done), new Step("s1", done, true), new Step("s2", done, true),
            }.Select(step => thread.RunAsync(step).AsTask()),
        ];
        gate.Set();
        await Task.WhenAll(all);
        Assert.Equal(["s0", "L1", "s1", "L2", "s2", "L3"], done);
    }

    [Fact]
    public async Task AStepThatFails_FailsItsCaller_AndTheNextRuns_AlsoTheSameOneAgain()
    {
        using EngineThread thread = new(_engine);
        List<string> done = [];
        Step bad = new("bad", done);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await thread.RunAsync(bad));
        await thread.RunAsync(new Step("good", done));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await thread.RunAsync(bad));
        Assert.Equal(["bad", "good", "bad"], done);
    }

    [Fact]
    public async Task TheEnd_ComesAfterWhatIsQueued()
    {
        List<string> done = [];
        EngineThread thread = new(_engine);
        ValueTask last = thread.RunAsync(new Step("last", done));
        thread.Dispose();
        await last;
        Assert.Equal(["last"], done);
        Assert.Throws<ObjectDisposedException>(() => { _ = thread.RunAsync(new Step("late", done)).AsTask(); });
    }
}
