using System.Collections.Immutable;

namespace Aria.Libp2p.KadDht.Records;

/// <summary>Who said that they provide what: bounded in keys and in providers a key, each entry with an end (specs/dht.md §6).</summary>
internal sealed class ProviderStore(int maxKeys, int maxProvidersPerKey, TimeSpan lifetime)
{
    private readonly Dictionary<byte[], List<Provider>> _providers = new(ByteKeys.Comparer);
    private readonly Lock _lock = new();

    private readonly record struct Provider(PeerId Peer, ImmutableArray<Multiaddress> Addresses, DateTimeOffset Expires);

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _providers.Count;
            }
        }
    }

    /// <summary>Remembers a provider anew. Of too many the one not heard of for longest goes; false where there are too many keys.</summary>
    public bool Add(ReadOnlySpan<byte> key, PeerId peer, ImmutableArray<Multiaddress> addresses, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (!_providers.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out List<Provider>? providers))
            {
                if (_providers.Count >= maxKeys)
                {
                    return false;
                }

                _providers.Add(key.ToArray(), providers = []);
            }

            providers.RemoveAll(provider => provider.Peer == peer);
            if (providers.Count >= maxProvidersPerKey)
            {
                providers.RemoveAt(0);
            }

            providers.Add(new(peer, addresses, now + lifetime));
            return true;
        }
    }

    /// <summary>Forgets a provider.</summary>
    public void Remove(ReadOnlySpan<byte> key, PeerId peer)
    {
        lock (_lock)
        {
            if (_providers.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out List<Provider>? providers))
            {
                providers.RemoveAll(provider => provider.Peer == peer);
            }
        }
    }

    /// <summary>The providers of a key, the latest heard of first.</summary>
    public ImmutableArray<PeerInfo> Find(ReadOnlySpan<byte> key, DateTimeOffset now)
    {
        lock (_lock)
        {
            return _providers.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out List<Provider>? providers)
                ? [.. providers.Where(provider => now < provider.Expires).Reverse().Select(provider => new PeerInfo(provider.Peer, provider.Addresses))]
                : [];
        }
    }

    /// <summary>Drops what outlived its lifetime.</summary>
    public void RemoveExpired(DateTimeOffset now)
    {
        lock (_lock)
        {
            foreach ((byte[] key, List<Provider> providers) in _providers.ToArray())
            {
                providers.RemoveAll(provider => provider.Expires <= now);
                if (providers.Count == 0)
                {
                    _providers.Remove(key);
                }
            }
        }
    }
}
