using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Aria.Libp2p.Connections;

/// <summary>The protocols that this peer serves.</summary>
internal sealed class ProtocolTable
{
    private ImmutableSortedDictionary<string, Entry> _entries = ImmutableSortedDictionary<string, Entry>.Empty.WithComparers(StringComparer.Ordinal);

    private readonly record struct Entry(StreamHandler Handler, bool RunsOnLimited);

    /// <summary>The set of served protocols changed.</summary>
    public event Action? Changed;

    public ImmutableArray<string> Names => [.. _entries.Keys];

    public void Set(string protocol, StreamHandler handler, bool runsOnLimited)
    {
        bool known = _entries.ContainsKey(protocol);
        ImmutableInterlocked.Update(ref _entries, static (entries, added) => entries.SetItem(added.protocol, added.entry), (protocol, entry: new Entry(handler, runsOnLimited)));
        if (!known)
        {
            Changed?.Invoke();
        }
    }

    public void Remove(string protocol)
    {
        if (ImmutableInterlocked.Update(ref _entries, static (entries, removed) => entries.Remove(removed), protocol))
        {
            Changed?.Invoke();
        }
    }

    /// <summary>True where the protocol is served on connections of this kind.</summary>
    public bool Speaks(string protocol, bool isLimited) => _entries.TryGetValue(protocol, out Entry entry) && (entry.RunsOnLimited || !isLimited);

    public bool TryGet(string protocol, [NotNullWhen(true)] out StreamHandler? handler)
    {
        handler = _entries.GetValueOrDefault(protocol).Handler;
        return handler is not null;
    }
}
