using System.Net;
using System.Net.Sockets;
using Aria.Cli.Processes;

namespace Aria.Cli.Tests.Processes;

public sealed class PortHolderTests
{
    [Fact]
    public void TakenPort_NamesTheProcessThatHoldsIt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells who holds a port.");
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        PortHolder? holder = PortHolder.Of(((IPEndPoint)listener.LocalEndpoint).Port);
        Assert.Equal(Environment.ProcessId, holder?.Pid);
        Assert.StartsWith($"pid {Environment.ProcessId} `", holder!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FreePort_HasNoHolder()
    {
        // A port that was just let go may be given to somebody else at once, and a process that another test is starting holds it for a moment more.
        while (PortHolder.Of(FreePort()) is not null)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        static int FreePort()
        {
            using TcpListener listener = new(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }

    [Fact]
    public void ProcessIdentity_TellsItsOwnFromAnother()
    {
        Assert.True(ProcessIdentity.Current.IsAlive);
        Assert.False((ProcessIdentity.Current with { Started = ProcessIdentity.Current.Started - 1 }).IsAlive);
    }
}
