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
    public void FreePort_HasNoHolder()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        Assert.Null(PortHolder.Of(port));
    }

    [Fact]
    public void ProcessIdentity_TellsItsOwnFromAnother()
    {
        Assert.True(ProcessIdentity.Current.IsAlive);
        Assert.False((ProcessIdentity.Current with { Started = ProcessIdentity.Current.Started - 1 }).IsAlive);
    }
}
