using System.Collections.Concurrent;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.Tests;

/// <summary>Local peers of one test, over memory or over TCP on the loopback interface.</summary>
internal sealed class PeerGroup(bool overTcp = false, LocalPeerOptions? options = null, TimeProvider? time = null) : IAsyncDisposable
{
    // On the system's clock nothing here waits for a limit to pass, and a busy machine may need more than a user would grant.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly MemoryNetwork _network = new();
    private readonly ConcurrentBag<IAsyncDisposable> _peers = [];
    private readonly ConcurrentBag<Identity> _identities = [];

    public LocalPeerOptions Options { get; } = options ?? new();

    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>A peer that listens on any free address.</summary>
    public async Task<LocalPeer> StartAsync(LocalPeerOptions? options = null)
    {
        LocalPeer peer = Create(options);
        await peer.ListenAsync(Multiaddress.Parse(overTcp ? "/ip4/127.0.0.1/tcp/0" : "/memory/0"), TestContext.Current.CancellationToken);
        return peer;
    }

    /// <summary>A peer that only dials; an <paramref name="identity"/> that is given stays the caller's to dispose.</summary>
    public LocalPeer Create(LocalPeerOptions? options = null, Identity? identity = null)
    {
        if (identity is null)
        {
            _identities.Add(identity = Identity.Generate());
        }

        LocalPeer peer = CreateUntracked(identity, options);
        _peers.Add(peer);
        return peer;
    }

    /// <summary>A peer that is the caller's to dispose.</summary>
    public LocalPeer CreateUntracked(Identity identity, LocalPeerOptions? options = null) => new(
        identity, [overTcp ? new TcpTransport() : new MemoryTransport(_network)], Patient(options ?? Options), time ?? TimeProvider.System, Loggers);

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable peer in _peers)
        {
            await peer.DisposeAsync();
        }

        foreach (Identity identity in _identities)
        {
            identity.Dispose();
        }
    }

    private LocalPeerOptions Patient(LocalPeerOptions options) => time is not null ? options : options with
    {
        DialTimeout = Longer(options.DialTimeout),
        HandshakeTimeout = Longer(options.HandshakeTimeout),
        NegotiationTimeout = Longer(options.NegotiationTimeout),
        KeepAliveTimeout = Longer(options.KeepAliveTimeout),
    };

    private static TimeSpan Longer(TimeSpan limit) => limit > Patience || limit < TimeSpan.Zero ? limit : Patience;
}
