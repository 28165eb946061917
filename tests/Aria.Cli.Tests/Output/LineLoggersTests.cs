using Aria.Cli.Output;
using Microsoft.Extensions.Logging;

namespace Aria.Cli.Tests.Output;

public sealed class LineLoggersTests
{
    private readonly List<string> _lines = [];

    [Fact]
    public void Message_IsOneLine_WithLevelAndShortCategory()
    {
        using LineLoggers loggers = new(_lines.Add, LogLevel.Information);
        loggers.CreateLogger("Aria.Node.AriaNode").LogWarning(new IOException("disk\nfull"), "Node {Name} stops", "n1");
        loggers.CreateLogger("x").LogDebug("unheard");
        Assert.Equal(["warn  AriaNode: Node n1 stops | IOException: disk ⏎ full"], _lines);
    }

    [Fact]
    public void FromDebugOn_TheStackIsKept()
    {
        using LineLoggers loggers = new(_lines.Add, LogLevel.Debug);
        try
        {
            throw new IOException("full");
        }
        catch (IOException e)
        {
            loggers.CreateLogger("x").LogError(e, "stops");
        }

        Assert.Contains("at Aria.Cli.Tests", Assert.Single(_lines), StringComparison.Ordinal);
    }
}
