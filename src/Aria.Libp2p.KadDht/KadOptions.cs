using System.Collections.Immutable;

namespace Aria.Libp2p.KadDht;

/// <summary>The protocol, namespaces, bounds and intervals of a <see cref="KadDht"/> (specs/dht.md).</summary>
public sealed record KadOptions
{
    /// <summary>The protocol id, such as <c>/ipfs/kad/1.0.0</c>; peers of another id form another network.</summary>
    public required string Protocol { get; init; }

    /// <summary>Whether this peer answers queries and holds records from the start; a client only asks. It can be changed later.</summary>
    public bool IsServer { get; init; } = true;

    /// <summary>The judges of values by namespace word; a key of another namespace is refused.</summary>
    public IImmutableDictionary<string, IRecordValidator> Validators { get; init; } = ImmutableDictionary<string, IRecordValidator>.Empty;

    /// <summary>k: peers in a bucket, peers in an answer, holders of a record.</summary>
    public int K { get; init; } = 20;

    /// <summary>α: requests of one lookup in flight while it still approaches its target.</summary>
    public int Alpha { get; init; } = 10;

    /// <summary>β: once so many of the closest peers have answered, a lookup asks the rest of the k closest at once.</summary>
    public int Beta { get; init; } = 3;

    /// <summary>Paths of a lookup for or of values and providers that share no peer, once the table holds k peers for each; one before.</summary>
    public int Paths { get; init; } = 4;

    /// <summary>Where peers of the table are saved, to be dialed when no bootstrap address answers; null saves none.</summary>
    public string? PeersFile { get; init; }

    /// <summary>How long one request may take, the dial included.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After so long nobody waits for a request any more; it goes on until <see cref="RequestTimeout"/>.</summary>
    public TimeSpan OverdueAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long one lookup may take; then it ends with what it has.</summary>
    public TimeSpan LookupTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether announcements go to, and are asked of, all peers in a region around their key (specs/dht.md §8); values do where their validator says so.</summary>
    public bool ProvidersInRegion { get; init; }

    /// <summary>Whether an announcement goes to peers that are surely among the k closest before the lookup has ended, and is done once most of them have it.</summary>
    public bool OptimisticProvide { get; init; } = true;

    /// <summary>How long a peer that could not be reached is passed over, unless it shows itself before.</summary>
    public TimeSpan FailureBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests a second that one peer is answered on average; further ones are reset.</summary>
    public int MaxRequestsPerSecond { get; init; } = 200;

    /// <summary>Requests that one peer is answered at once.</summary>
    public int MaxRequestBurst { get; init; } = 1000;

    /// <summary>How long an inbound stream may stay without a request.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Between two refreshes of the routing table.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The same while the table holds fewer than k peers, where a refresh costs little and each peer counts.</summary>
    public TimeSpan SparseRefreshInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two attempts to join while the routing table is empty.</summary>
    public TimeSpan BootstrapInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between two savings of the table's peers.</summary>
    public TimeSpan SaveInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Between two sweeps of expired records.</summary>
    public TimeSpan ExpiryInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Between two renewals of what this peer put and provides.</summary>
    public TimeSpan ProvideInterval { get; init; } = TimeSpan.FromHours(22);

    /// <summary>How long a provider is remembered after it announced itself.</summary>
    public TimeSpan ProviderLifetime { get; init; } = TimeSpan.FromHours(48);

    /// <summary>Values held.</summary>
    public int MaxRecords { get; init; } = 16_384;

    /// <summary>Bytes of one value.</summary>
    public int MaxValueBytes { get; init; } = 32 * 1024;

    /// <summary>Bytes of all values and keys held.</summary>
    public long MaxStoredBytes { get; init; } = 64L << 20;

    /// <summary>Keys that providers are remembered for.</summary>
    public int MaxProvidedKeys { get; init; } = 16_384;

    /// <summary>Providers remembered for one key.</summary>
    public int MaxProvidersPerKey { get; init; } = 128;

    /// <summary>Peers of one IP group in one bucket.</summary>
    public int MaxPerGroupInBucket { get; init; } = 2;

    /// <summary>Peers of one IP group in the routing table.</summary>
    public int MaxPerGroupInTable { get; init; } = 3;

    /// <summary>Peers of one IP group among the candidates of one lookup; an answer with more of one group loses that group.</summary>
    public int MaxPerGroupInLookup { get; init; } = 3;

    /// <summary>Whether loopback and private addresses form IP groups too; they are exempt otherwise.</summary>
    public bool GroupPrivateAddresses { get; init; }
}
