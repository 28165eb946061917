using System.Collections.Concurrent;
using Aria.Cli.Processes;

namespace Aria.Cli.Tests.Processes;

public sealed class ChildProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task CutLifeline_EndsAChildThatHeedsIt()
    {
        SkipWithoutShell();
        await using ChildProcess child = ChildProcess.Start("/bin/cat", [], _ => { });
        Assert.True(child.Identity.IsAlive);
        Assert.True(await child.StopAsync(Patience));
        Assert.Equal(0, await child.Exited);
        Assert.False(child.Identity.IsAlive);
    }

    [Fact]
    public async Task ChildThatHeedsNothing_IsKilled()
    {
        SkipWithoutShell();
        await using ChildProcess child = ChildProcess.Start("/bin/sh", ["-c", "trap '' TERM; while :; do sleep 1; done"], _ => { });
        Assert.False(await child.StopAsync(TimeSpan.FromMilliseconds(50)));
        Assert.Equal(128 + Libc.SignalKill, await child.Exited);
        Assert.Null(ProcessIdentity.TryOf(child.Pid));
    }

    [Fact]
    public async Task OutputAndErrors_ArriveLineByLine()
    {
        SkipWithoutShell();
        ConcurrentBag<string> lines = [];
        await using (ChildProcess child = ChildProcess.Start("/bin/sh", ["-c", "echo out; echo err >&2; printf 'last'"], lines.Add))
        {
            await child.Exited.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }

        Assert.Equal(["err", "last", "out"], lines.Order());
    }

    [Fact]
    public async Task Environment_ReachesTheChild()
    {
        SkipWithoutShell();
        ConcurrentBag<string> lines = [];
        await using (ChildProcess child = ChildProcess.Start("/bin/sh", ["-c", "echo $WORD"], lines.Add, new Dictionary<string, string> { ["WORD"] = "here" }))
        {
            await child.Exited.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }

        Assert.Equal(["here"], lines);
    }

    private static void SkipWithoutShell() => Assert.SkipWhen(OperatingSystem.IsWindows(), "The children of these tests are Unix programs.");
}
