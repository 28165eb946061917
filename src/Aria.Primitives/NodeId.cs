namespace Aria;

/// <summary>A node: its 32-byte Ed25519 public key. Its libp2p peer id is the identity multihash of the same key.</summary>
public readonly record struct NodeId(Digest Key) : IComparable<NodeId>
{
    /// <summary>Reads 64 hexadecimal digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out NodeId id)
    {
        bool ok = Digest.TryParse(hex, out Digest key);
        id = new(key);
        return ok;
    }

    /// <summary>Bytewise order.</summary>
    public int CompareTo(NodeId other) => Key.CompareTo(other.Key);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Key.ToString();

    /// <summary>Bytewise order.</summary>
    public static bool operator <(NodeId left, NodeId right) => left.CompareTo(right) < 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >(NodeId left, NodeId right) => left.CompareTo(right) > 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator <=(NodeId left, NodeId right) => left.CompareTo(right) <= 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >=(NodeId left, NodeId right) => left.CompareTo(right) >= 0;
}
