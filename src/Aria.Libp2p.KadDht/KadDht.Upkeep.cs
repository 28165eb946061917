using System.Collections.Immutable;
using System.Security.Cryptography;
using Aria.Libp2p.KadDht.Lookups;
using Aria.Libp2p.KadDht.Records;
using Aria.Libp2p.KadDht.Requests;
using Aria.Libp2p.KadDht.Routing;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.KadDht;

/// <content>What keeps the table and the records alive: who enters and leaves, refreshing, renewing, expiry.</content>
public sealed partial class KadDht
{
    private const int MaxOwnRecords = 1024;
    private const int DeepestRefreshedBucket = 12;      // deeper ones are full of what a lookup of the own id finds

    private readonly Dictionary<byte[], ReadOnlyMemory<byte>> _put = new(ByteKeys.Comparer);
    private readonly HashSet<byte[]> _provided = new(ByteKeys.Comparer);
    private readonly Lock _own = new();
    private ImmutableArray<Multiaddress> _bootstrap = [];

    /// <summary>Dials the addresses, each ending in a peer id, and fills the table by looking up the own id. No failure where none answers.</summary>
    public async Task BootstrapAsync(IEnumerable<Multiaddress> addresses, CancellationToken cancellationToken)
    {
        _bootstrap = [.. addresses.Where(address => address.Peer is { } peer && peer != _peer.Id)];
        PeerInfo?[] dialed = await Task.WhenAll(_bootstrap.Select(address => DialAsync(address, cancellationToken)));
        if (_saved is not null && _table.Count == 0 && dialed.All(peer => peer is null))
        {
            dialed = await Task.WhenAll(_saved.Load().Where(address => address.Peer != _peer.Id).Select(address => DialAsync(address, cancellationToken)));
        }

        await FindNodesAsync(_peer.Id.Bytes.ToArray(), cancellationToken, dialed.OfType<PeerInfo>());
    }

    /// <summary>Refreshes the table, drops what expired, announces again what this peer put and provides; ends by cancellation.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
        KeepRefreshedAsync(cancellationToken),
        EveryAsync(Options.ExpiryInterval, _ => ExpireAsync(), cancellationToken),
        EveryAsync(Options.ProvideInterval, RenewAsync, cancellationToken),
        EveryAsync(Options.BootstrapInterval, RejoinAsync, cancellationToken),
        EveryAsync(Options.SaveInterval, _ => SaveAsync(), cancellationToken));

    private async Task KeepRefreshedAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await RefreshAsync(cancellationToken);
            await Task.Delay(_table.Count < Options.K ? Options.SparseRefreshInterval : Options.RefreshInterval, _time, cancellationToken);
        }
    }

    private async Task EveryAsync(TimeSpan interval, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(interval, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            await work(cancellationToken);
        }
    }

    private async Task<PeerInfo?> DialAsync(Multiaddress address, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(Options.RequestTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            PeerId peer = await _peer.ConnectAsync(address, either.Token);
            _failed.Remove(peer);
            return new(peer, [address]);
        }
        catch (Exception exception) when (exception is Libp2pException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogBootstrapFailed(_logger, address, exception.Message);
            return null;
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await FindNodesAsync(_peer.Id.Bytes.ToArray(), cancellationToken);
        await MeasureSizeAsync(cancellationToken);
    }

    /// <summary>Looks up a random key of each bucket that holds somebody, and estimates the network's size by what it finds.</summary>
    internal async Task MeasureSizeAsync(CancellationToken cancellationToken)
    {
        foreach (int bucket in _table.FilledBuckets().Where(bucket => bucket <= DeepestRefreshedBucket))
        {
            byte[] key = RandomKeyIn(bucket);
            DisjointLookup lookup = await FindNodesAsync(key, cancellationToken);
            _size.Add(KadKey.Of(key), [.. lookup.Closest.Select(candidate => candidate.Key)]);
        }
    }

    // Alone, though others were named at the start: they may be there by now.
    private Task RejoinAsync(CancellationToken cancellationToken) =>
        _table.Count == 0 && (!_bootstrap.IsEmpty || _saved is not null) ? BootstrapAsync(_bootstrap, cancellationToken) : Task.CompletedTask;

    private Task SaveAsync()
    {
        SavePeers();
        return Task.CompletedTask;
    }

    private void SavePeers()
    {
        try
        {
            _saved?.Save(_table.All().Select(contact => new PeerInfo(contact.Id, AddressesOf(contact.Id))));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotSaved(_logger, exception);
        }
    }

    private Task ExpireAsync()
    {
        DateTimeOffset now = _time.GetUtcNow();
        _records.RemoveExpired(now);
        _providers.RemoveExpired(now);
        lock (_own)
        {
            foreach ((byte[] key, ReadOnlyMemory<byte> value) in _put.ToArray())
            {
                if (!_namespaces.Validate(key, value.Span, now))
                {
                    _put.Remove(key);
                }
            }
        }

        return Task.CompletedTask;
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        await ExpireAsync();
        foreach ((byte[] key, ReadOnlyMemory<byte> value) in OwnPuts())
        {
            if (_records.Offer(key, value.Span, _time.GetUtcNow()) != OfferOutcome.Worse)
            {
                IReadOnlyList<PeerInfo> holders = await FindHoldersAsync(key, StoresInRegion(key), cancellationToken);
                await Task.WhenAll(holders.Select(holder => StoreAtAsync(holder, key, value)));
            }
        }

        foreach (byte[] multihash in OwnProvided())
        {
            await ProvideAsync(multihash, cancellationToken);
        }
    }

    private void OnIdentified(IdentifiedPeer identified)
    {
        _failed.Remove(identified.Id);
        if (identified.Protocols.Contains(Options.Protocol))
        {
            Admit(identified.Id);
        }
        else
        {
            _table.Remove(identified.Id);
        }
    }

    private void Learn(PeerId peer, AskStatus status)
    {
        switch (status)
        {
            case AskStatus.Answered:
                _failed.Remove(peer);
                Admit(peer);
                break;
            case AskStatus.Refused:
                _failed.Remove(peer);
                break;
            case AskStatus.Unreachable or AskStatus.Wrong:
                _failed.Add(peer, _time.GetUtcNow());
                _table.Remove(peer);
                break;
            case AskStatus.Silent when _failed.AddSilence(peer, _time.GetUtcNow()):
                _table.Remove(peer);
                break;
        }
    }

    private void Admit(PeerId peer)
    {
        if (_table.Add(Contact.Of(peer, GroupsOf(new(peer, AddressesOf(peer))))) == AddOutcome.Added)
        {
            LogAdded(_logger, peer, _table.Count);
            _ = _background.Run(ending => HandOverAsync(peer, ending), atEnd: false);
        }
    }

    // Who comes after a put or an announcement gets it too, if it belongs to the k closest: without this, those who join first
    // would be unknown to those who join later until the next renewal.
    private async Task<bool> HandOverAsync(PeerId newcomer, CancellationToken cancellationToken)
    {
        PeerInfo peer = new(newcomer, AddressesOf(newcomer));
        foreach ((byte[] key, ReadOnlyMemory<byte> value) in OwnPuts())
        {
            if (IsHolder(newcomer, key, StoresInRegion(key)) && _namespaces.Validate(key, value.Span, _time.GetUtcNow()))
            {
                cancellationToken.ThrowIfCancellationRequested();
                await StoreAtAsync(peer, key, value);
            }
        }

        foreach (byte[] multihash in OwnProvided())
        {
            if (IsHolder(newcomer, multihash, Options.ProvidersInRegion))
            {
                cancellationToken.ThrowIfCancellationRequested();
                await AnnounceAtAsync(peer, multihash);
            }
        }

        return true;
    }

    private bool IsHolder(PeerId peer, byte[] key, bool inRegion) =>
        _table.Closest(KadKey.Of(key), Options.K).Any(contact => contact.Id == peer) || (inRegion && RegionOf(key) is { } region && region.Contains(KadKey.Of(peer)));

    private void RememberPut(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
    {
        lock (_own)
        {
            if (_put.Count < MaxOwnRecords || _put.ContainsKey(key.ToArray()))
            {
                _put[key.ToArray()] = value.ToArray();
            }
        }
    }

    private void RememberProvided(ReadOnlyMemory<byte> multihash)
    {
        lock (_own)
        {
            if (_provided.Count < MaxOwnRecords)
            {
                _provided.Add(multihash.ToArray());
            }
        }
    }

    private void ForgetProvided(ReadOnlyMemory<byte> multihash)
    {
        lock (_own)
        {
            _provided.Remove(multihash.ToArray());
        }
    }

    private KeyValuePair<byte[], ReadOnlyMemory<byte>>[] OwnPuts()
    {
        lock (_own)
        {
            return [.. _put];
        }
    }

    private byte[][] OwnProvided()
    {
        lock (_own)
        {
            return [.. _provided];
        }
    }

    // Bytes that look like a peer id and whose hash shares exactly so many bits with the own key: found by trying.
    private byte[] RandomKeyIn(int bucket)
    {
        KadKey self = KadKey.Of(_peer.Id);
        byte[] key = [0x12, 0x20, .. new byte[32]];
        do
        {
            RandomNumberGenerator.Fill(key.AsSpan(2));
        }
        while (self.CommonPrefixLength(KadKey.Of(key)) != bucket);

        return key;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Peer} entered the routing table, which holds {Count}")]
    private static partial void LogAdded(ILogger logger, PeerId peer, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The peers of the routing table could not be saved")]
    private static partial void LogNotSaved(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "Bootstrap address {Address} does not answer: {Reason}")]
    private static partial void LogBootstrapFailed(ILogger logger, Multiaddress address, string reason);
}
