using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Aria.Libp2p.Connections;

/// <summary>The protocols that this peer serves.</summary>
internal sealed class ProtocolTable
{
    private ImmutableSortedDictionary<string, StreamHandler> _handlers = ImmutableSortedDictionary<string, StreamHandler>.Empty.WithComparers(StringComparer.Ordinal);

    /// <summary>The set of served protocols changed.</summary>
    public event Action? Changed;

    public ImmutableArray<string> Names => [.. _handlers.Keys];

    public void Set(string protocol, StreamHandler handler)
    {
        bool known = _handlers.ContainsKey(protocol);
        ImmutableInterlocked.Update(ref _handlers, static (handlers, added) => handlers.SetItem(added.protocol, added.handler), (protocol, handler));
        if (!known)
        {
            Changed?.Invoke();
        }
    }

    public bool Speaks(string protocol) => _handlers.ContainsKey(protocol);

    public bool TryGet(string protocol, [NotNullWhen(true)] out StreamHandler? handler) => _handlers.TryGetValue(protocol, out handler);
}
