using Aria.Cli.Processes;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Cli.Tests.Processes;

public sealed class LogFileTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("aria-log-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Lines_CarryTheTime_AndTailGivesTheLastOfThem()
    {
        FakeTimeProvider time = new(new DateTimeOffset(2027, 1, 12, 14, 2, 11, 5, TimeSpan.Zero));
        string path = Path.Combine(_root, "logs", "n1.log");
        using (LogFile log = new(path, time))
        {
            for (int line = 0; line < 1000; line++)
            {
                log.Write($"line {line}");
            }
        }

        Assert.Equal(["2027-01-12 14:02:11.005 line 998", "2027-01-12 14:02:11.005 line 999"], LogFile.Tail(path, 2));
    }

    [Fact]
    public void FullLog_StartsAnew_KeepingOnePredecessor()
    {
        string path = Path.Combine(_root, "n1.log");
        string chunk = new('x', 1 << 20);
        using LogFile log = new(path, new FakeTimeProvider());
        for (int line = 0; line < 20; line++)
        {
            log.Write(chunk);
        }

        Assert.True(new FileInfo(path).Length <= LogFile.MaxBytes + (2 << 20));
        Assert.True(File.Exists(path + ".1"));
        Assert.Equal(2, Directory.GetFiles(_root).Length);
    }

    [Fact]
    public void AbsentLog_HasNoTail() => Assert.Empty(LogFile.Tail(Path.Combine(_root, "none"), 10));
}
