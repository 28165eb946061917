namespace Aria.Libp2p.PubSub.Messages;

/// <summary>What makes a message the same message wherever it comes from. Compared byte by byte; printed in hex.</summary>
public readonly struct MessageId : IEquatable<MessageId>
{
    private readonly byte[]? _bytes;
    private readonly int _hash;

    /// <summary>The id of these bytes, at least one; they are copied.</summary>
    public MessageId(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bytes.Length, nameof(bytes));
        _bytes = bytes.ToArray();
        HashCode hash = default;
        hash.AddBytes(bytes);
        _hash = hash.ToHashCode();
    }

    /// <summary>The bytes, as IHAVE, IWANT and IDONTWANT carry them.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <inheritdoc/>
    public bool Equals(MessageId other) => _hash == other._hash && Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MessageId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <inheritdoc/>
    public override string ToString() => Convert.ToHexStringLower(Bytes);

    /// <summary>True where both are the same id.</summary>
    public static bool operator ==(MessageId left, MessageId right) => left.Equals(right);

    /// <summary>True where the ids differ.</summary>
    public static bool operator !=(MessageId left, MessageId right) => !left.Equals(right);
}
