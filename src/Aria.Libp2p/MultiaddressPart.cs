namespace Aria.Libp2p;

/// <summary>One component of a multiaddress: the protocol's name as printed and its value as text, empty for protocols without one.</summary>
public readonly record struct MultiaddressPart(string Protocol, string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.Length == 0 ? $"/{Protocol}" : $"/{Protocol}/{Value}";
}
