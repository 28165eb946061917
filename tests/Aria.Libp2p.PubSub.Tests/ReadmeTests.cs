using System.Text;
using Aria.Libp2p.PubSub.Messages;
using Aria.Libp2p.Transports;
using Aria.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.PubSub.Tests;

/// <summary>The sample of the project's README, run as it stands there.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public async Task TheSample_Runs()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        MemoryNetwork network = new();
        ITransport transport = new MemoryTransport(network), otherTransport = new MemoryTransport(network);
        Multiaddress address = Multiaddress.Parse("/memory/0");

        // sample
        using Identity identity = Identity.Generate();
        await using LocalPeer peer = new(identity, [transport], new(), TimeProvider.System, NullLoggerFactory.Instance);
        await using GossipSub gossip = new(peer, identity, new(), TimeProvider.System, NullLoggerFactory.Instance);
        Task running = gossip.RunAsync(cancellationToken);
        Multiaddress listening = await peer.ListenAsync(address, cancellationToken);
        using Subscription weather = gossip.Subscribe("weather", (message, from, _) =>
            ValueTask.FromResult(message.Data.Length is > 0 and < 100 ? ValidationVerdict.Accept : ValidationVerdict.Reject));

        using Identity other = Identity.Generate();
        await using LocalPeer station = new(other, [otherTransport], new(), TimeProvider.System, NullLoggerFactory.Instance);
        await using GossipSub stationGossip = new(station, other, new(), TimeProvider.System, NullLoggerFactory.Instance);
        await station.ConnectAsync(listening, cancellationToken);
        while (stationGossip.Publish("weather", "rain"u8).Peers == 0)
        {
            await Task.Delay(10, cancellationToken);    // until the subscription is known there
        }

        GossipMessage message = await weather.Messages.ReadAsync(cancellationToken);
        Console.WriteLine($"{message.Author} says {Encoding.UTF8.GetString(message.Data.Span)}");
        // end
        Assert.Equal(other.PeerId, message.Author);
        Assert.Equal("rain"u8, message.Data.Span);
        Assert.False(running.IsCompleted);
    }

    [Fact]
    public async Task TheSample_IsTheOneAbove()
    {
        string here = await File.ReadAllTextAsync(
            Path.Combine(Fixtures.RepositoryRoot, "tests", "Aria.Libp2p.PubSub.Tests", "ReadmeTests.cs"), TestContext.Current.CancellationToken);
        string readme = await File.ReadAllTextAsync(
            Path.Combine(Fixtures.RepositoryRoot, "src", "Aria.Libp2p.PubSub", "README.md"), TestContext.Current.CancellationToken);
        string sample = here.Split("        // sample\n")[1].Split("        // end\n")[0];
        string[] lines = [.. sample.TrimEnd('\n').Split('\n').Select(line => line.Length > 8 ? line[8..] : "")];
        Assert.Contains(string.Join('\n', lines), readme, StringComparison.Ordinal);
    }
}
