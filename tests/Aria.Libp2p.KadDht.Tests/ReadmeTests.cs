using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Aria.Libp2p.KadDht.Tracing;
using Aria.Libp2p.Transports;
using Aria.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.KadDht.Tests;

/// <summary>The package's README: each of its samples stands in this file word for word, so it compiles, and runs here.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Own = Path.Combine(Fixtures.RepositoryRoot, "tests", "Aria.Libp2p.KadDht.Tests", "ReadmeTests.cs");
    private static readonly string Readme = Path.Combine(Fixtures.RepositoryRoot, "src", "Aria.Libp2p.KadDht", "README.md");

    [Fact]
    public async Task EverySample_StandsHere()
    {
        string here = Squeezed(await File.ReadAllTextAsync(Own, TestContext.Current.CancellationToken));
        string[] samples = [.. CodeBlock().Matches(await File.ReadAllTextAsync(Readme, TestContext.Current.CancellationToken)).Select(block => block.Groups[1].Value)];
        Assert.Equal(3, samples.Length);
        Assert.All(samples, sample => Assert.Contains(Squeezed(sample), here, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheSample_Runs()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        await using KadGroup group = new(
            new() { Protocol = "/example/kad/1.0.0", Validators = ImmutableDictionary<string, IRecordValidator>.Empty.Add("notes", new LongestNote()) }, overTcp: true);
        KadNode other = await group.StartAsync();
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await RunAsync(other, other.Peer.Addresses, ending);
        Assert.Equal("buy bread"u8.ToArray(), other.Dht.Records.Find("/notes/today"u8, DateTimeOffset.UtcNow)?.Value);
    }

    private static async Task RunAsync(KadNode other, IReadOnlyList<Multiaddress> bootstrap, CancellationTokenSource ending)
    {
        CancellationToken cancellationToken = ending.Token;
        using Identity identity = Identity.Generate();
        await using LocalPeer peer = new(identity, [new TcpTransport()], new(), TimeProvider.System, NullLoggerFactory.Instance);
        await peer.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), cancellationToken);

        KadOptions options = new()
        {
            Protocol = "/example/kad/1.0.0",
            Validators = ImmutableDictionary<string, IRecordValidator>.Empty.Add("notes", new LongestNote()),
        };
        await using KadDht dht = new(peer, options, TimeProvider.System, NullLoggerFactory.Instance);
        await dht.BootstrapAsync(bootstrap, cancellationToken);             // addresses that end in /p2p/…; none for the first peer
        Task running = dht.RunAsync(cancellationToken);                     // refreshes, renews, expires, until it is cancelled

        int holders = await dht.PutAsync("/notes/today"u8.ToArray(), "buy bread"u8.ToArray(), cancellationToken);
        byte[]? note = await dht.GetAsync("/notes/today"u8.ToArray(), cancellationToken);

        byte[] thing = Multihash.OfSha256("a thing"u8);                     // providers are found by multihashes
        await dht.ProvideAsync(thing, cancellationToken);
        IReadOnlyList<PeerInfo> providers = await dht.FindProvidersAsync(thing, 20, cancellationToken);
        IReadOnlyList<PeerInfo> closest = await dht.FindClosestAsync("/notes/today"u8.ToArray(), cancellationToken);

        Assert.InRange(holders, 1, 2);      // on a busy machine the other's answer may take longer than the sample waits
        Assert.Equal("buy bread", System.Text.Encoding.ASCII.GetString(note!));
        await KadGroup.UntilAsync(() => other.Dht.Records.Count == 1);
        Assert.Equal([peer.Id], providers.Select(provider => provider.Id));
        while (closest.Count == 0)
        {
            closest = await dht.FindClosestAsync("/notes/today"u8.ToArray(), cancellationToken);       // the other was overdue, on a busy machine
        }

        Assert.Equal(bootstrap.Select(address => address.Peer), closest.Select(one => one.Id));
        await TraceAsync(dht, cancellationToken);
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static async Task TraceAsync(KadDht dht, CancellationToken cancellationToken)
    {
        using LookupTracing tracing = new();
        await dht.GetAsync("/notes/today"u8.ToArray(), cancellationToken);
        foreach (LookupStep step in tracing.Lookups[0].Steps)
        {
            Console.WriteLine($"hop {step.Hop}: {step.Peer} {step.Outcome} after {step.Took?.TotalMilliseconds} ms, named {step.Named} closer peers");
        }

        Assert.Single(tracing.Lookups[0].Steps);
    }

    // Lines without what stands before and behind them, for a sample is indented otherwise here.
    private static string Squeezed(string text) => string.Join('\n', text.Split('\n').Select(line => line.Trim()));

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}

internal sealed class LongestNote : IRecordValidator
{
    public bool Validate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, DateTimeOffset now) => value.Length is > 0 and <= 1000;

    // Of several valid values the best; the choice must depend on the bytes alone, so that all peers agree.
    public int SelectBest(ReadOnlySpan<byte> key, IReadOnlyList<ReadOnlyMemory<byte>> values) =>
        Enumerable.Range(0, values.Count).MaxBy(i => (values[i].Length, Convert.ToHexString(values[i].Span)));
}
