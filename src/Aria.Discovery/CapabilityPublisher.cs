using System.Collections.Immutable;
using Aria.Libp2p;
using Aria.Libp2p.KadDht;
using Microsoft.Extensions.Logging;

namespace Aria.Discovery;

/// <summary>
/// Keeps the own capability record in the DHT: every 60 seconds and whenever it changes, with a sequence that survives restarts
/// (specs/discovery.md §5).
/// </summary>
public sealed partial class CapabilityPublisher
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly KadDht _dht;
    private readonly LocalPeer _peer;
    private readonly Identity _identity;
    private readonly string _network;
    private readonly SequenceFile _sequence;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private ImmutableArray<ServedModel> _served = [];
    private ImmutableHashSet<ModelId> _provided = [];
    private Published? _last;
    private Task _publishing = Task.CompletedTask;      // the last of a queue

    private sealed record Published(DateTimeOffset At, ImmutableArray<Multiaddress> Addresses, int Holders);

    /// <summary>Serves nothing until told. The last sequence is kept in <paramref name="sequenceFile"/>; none of the parts is owned.</summary>
    public CapabilityPublisher(
        KadDht dht, LocalPeer peer, Identity identity, string network, string sequenceFile, TimeProvider time, ILogger logger)
    {
        _dht = dht;
        _peer = peer;
        _identity = identity;
        _network = network;
        _sequence = new(sequenceFile);
        _time = time;
        _logger = logger;
    }

    /// <summary>A new record of this node is sealed; its envelope goes into the hash table next.</summary>
    public event Action<ReadOnlyMemory<byte>>? Sealed;

    /// <summary>The newest of these; empty before the first.</summary>
    public ReadOnlyMemory<byte> Newest { get; private set; }

    /// <summary>What the record says that this node serves.</summary>
    public ImmutableArray<ServedModel> Served => _served;

    /// <summary>The digest of the owner's consent that the record carries from the next publication on; null for none.</summary>
    public Digest? Consent { get; set; }

    /// <summary>Serves <paramref name="served"/> from now on and publishes it; how many peers hold the record now, this one counted.</summary>
    public Task<int> UpdateAsync(ImmutableArray<ServedModel> served, CancellationToken cancellationToken)
    {
        ImmutableInterlocked.InterlockedExchange(ref _served, served);
        return PublishAsync(cancellationToken);
    }

    /// <summary>Publishes a new record and announces each model; how many peers hold the record now, this one counted.</summary>
    /// <exception cref="ArgumentException">What is served goes beyond a record's bounds.</exception>
    public Task<int> PublishAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Task<int> publishing = PublishAfterAsync(_publishing, cancellationToken);
            _publishing = publishing;
            return publishing;
        }
    }

    /// <summary>Publishes at every interval, when the own addresses change, and again soon while no other peer holds the record; ends by cancellation.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(LookInterval, _time);
        do
        {
            if (IsDue())
            {
                try
                {
                    await PublishAsync(cancellationToken);
                }
                catch (Exception exception) when (exception is Libp2pException or IOException or UnauthorizedAccessException)
                {
                    LogNotPublished(_logger, exception);
                }
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    // One after the other, so that the greatest sequence is also the newest content.
    private async Task<int> PublishAfterAsync(Task before, CancellationToken cancellationToken)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        DateTimeOffset now = _time.GetUtcNow();
        ImmutableArray<Multiaddress> addresses = CurrentAddresses();
        ImmutableArray<ServedModel> served = _served;
        byte[] envelope = new CapabilityRecord(
            _network,
            _peer.Id.NodeIdOf(),
            _sequence.Next(now),
            (now + CapabilityBounds.Lifetime).ToUnixTimeMilliseconds(),
            addresses,
            served,
            Consent).Seal(_identity);

        Newest = envelope;
        Sealed?.Invoke(envelope);
        ImmutableHashSet<ModelId> models = [.. served.Select(one => one.Model)];
        foreach (ModelId gone in _provided.Except(models))
        {
            _dht.StopProviding(CapabilityRecord.ProviderKeyOf(gone));
        }

        _provided = models;
        Task<int> put = _dht.PutAsync(CapabilityRecord.KeyOf(_peer.Id), envelope, cancellationToken);
        await Task.WhenAll([put, .. models.Select(model => _dht.ProvideAsync(CapabilityRecord.ProviderKeyOf(model), cancellationToken))]);
        _last = new(now, addresses, await put);
        LogPublished(_logger, served.Length, _last.Holders);
        return _last.Holders;
    }

    private bool IsDue() =>
        _last is not { } last
        || _time.GetUtcNow() - last.At >= CapabilityBounds.PublishInterval
        || (last.Holders == 1 && _dht.RoutingTableCount > 0)
        || !last.Addresses.SequenceEqual(CurrentAddresses());

    private ImmutableArray<Multiaddress> CurrentAddresses() =>
        [.. _peer.AnnouncedAddresses.Select(address => address.WithoutPeer()).Distinct().Take(CapabilityBounds.Addresses)];

    [LoggerMessage(Level = LogLevel.Debug, Message = "A record of {Spans} spans was published; {Holders} peers hold it")]
    private static partial void LogPublished(ILogger logger, int spans, int holders);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The own record could not be published; the next attempt follows")]
    private static partial void LogNotPublished(ILogger logger, Exception exception);
}
