namespace Aria.Discovery;

/// <summary>How a record came to a directory.</summary>
public enum RecordSource
{
    /// <summary>Asked for in the hash table.</summary>
    Dht,

    /// <summary>Told by its node over publish and subscribe, before anybody asked.</summary>
    Gossip,
}
