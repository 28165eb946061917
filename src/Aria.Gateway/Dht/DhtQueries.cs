using Aria.Discovery;
using Aria.Libp2p;
using Aria.Libp2p.KadDht;
using Aria.Libp2p.KadDht.Tracing;

namespace Aria.Gateway.Dht;

/// <summary>Questions to a hash table whose answers are documents, with the lookups that led there where <paramref name="traces"/> says so.</summary>
/// <param name="dht">The table that is asked.</param>
/// <param name="time">The clock.</param>
/// <param name="traces">Whether answers tell of their lookups.</param>
public sealed class DhtQueries(KadDht dht, TimeProvider time, bool traces)
{
    /// <summary>Providers asked for where nothing is said.</summary>
    public const int DefaultMaxProviders = 20;

    /// <summary>The best valid value under a key.</summary>
    public Task<DhtAnswer> GetAsync(byte[] key, CancellationToken cancellationToken) => AnswerAsync("get", DhtKey.Format(key), async answer =>
    {
        byte[]? value = await dht.GetAsync(key, cancellationToken);
        return answer with { Found = value is not null, ValueBase64 = value is null ? null : Convert.ToBase64String(value), Record = CapabilityOf(key, value) };
    });

    /// <summary>Puts a value.</summary>
    /// <exception cref="RecordRefusedException">The key's namespace is unknown, or its validator refuses the value.</exception>
    public Task<DhtAnswer> PutAsync(byte[] key, byte[] value, CancellationToken cancellationToken) => AnswerAsync("put", DhtKey.Format(key), async answer =>
    {
        int holders = await dht.PutAsync(key, value, cancellationToken);
        return answer with { Found = holders > 1, Holders = holders, Record = CapabilityOf(key, value) };
    });

    /// <summary>The addresses of a peer.</summary>
    public Task<DhtAnswer> FindPeerAsync(PeerId peer, CancellationToken cancellationToken) => AnswerAsync("find_peer", peer.ToString(), async answer =>
        answer with { Peers = await dht.FindPeerAsync(peer, cancellationToken) is { } found ? [Describe(found)] : [] });

    /// <summary>Who provides a multihash.</summary>
    public Task<DhtAnswer> FindProvidersAsync(byte[] multihash, int max, CancellationToken cancellationToken) =>
        AnswerAsync("find_providers", DhtKey.Format(multihash), async answer =>
            answer with { Peers = [.. (await dht.FindProvidersAsync(multihash, max, cancellationToken)).Select(provider => Describe(provider))] });

    /// <summary>The peers closest to a key.</summary>
    public Task<DhtAnswer> FindClosestAsync(byte[] key, CancellationToken cancellationToken) => AnswerAsync("find_closest", DhtKey.Format(key), async answer =>
        answer with { Peers = [.. (await dht.FindClosestAsync(key, cancellationToken)).Select(peer => Describe(peer) with { PrefixBits = KadDistance.PrefixBits(key, peer.Id) })] });

    private static DhtPeer Describe(PeerInfo peer) => new(peer.Id.ToString(), [.. peer.Addresses.Select(address => address.WithoutPeer().ToString())], null);

    private static DhtLookup Describe(LookupTrace lookup) => new(
        lookup.Type, Milliseconds(lookup.Took), lookup.Paths, lookup.Requests, lookup.Hops, lookup.Answered,
        [
            .. lookup.Steps.Select(step => new DhtStep(
                Milliseconds(step.At), step.Peer, step.Hop, step.PrefixBits, step.Outcome.ToString().ToLowerInvariant(), step.Took is { } took ? Milliseconds(took) : null, step.Named,
                step.Record, step.Providers)),
        ]);

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);

    private DhtCapability? CapabilityOf(byte[] key, byte[]? value) =>
        value is not null && CapabilityRecord.TryOpen(key, value, time.GetUtcNow(), out CapabilityRecord? record) == CapabilityStatus.Done
            ? new(
                record!.Network, record.Node.ToString(), record.Sequence, record.ExpiresUnixMs, [.. record.Addresses.Select(address => address.ToString())],
                [.. record.Served.Select(served => $"{served.Name} {(served.Span.Embedding ? "E" : "")}{served.Span.Layers.Start}-{served.Span.Layers.End}{(served.Span.Head ? "H" : "")}")])
            : null;

    private async Task<DhtAnswer> AnswerAsync(string operation, string key, Func<DhtAnswer, Task<DhtAnswer>> ask)
    {
        long started = time.GetTimestamp();
        using LookupTracing? tracing = traces ? new() : null;
        DhtAnswer answer = await ask(new(operation, key, Found: false, null, null, null, [], 0, null));
        return answer with
        {
            Found = answer.Found || answer.Peers.Count > 0,
            TookMs = Milliseconds(time.GetElapsedTime(started)),
            Trace = tracing is null ? null : [.. tracing.Lookups.Select(Describe)],
        };
    }
}
