using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Aria.Libp2p.KadDht.Records;

/// <summary>Finds the judge of a key: keys are <c>/word/rest</c>, and the word names the namespace (specs/dht.md §6).</summary>
internal sealed class RecordNamespaces(IImmutableDictionary<string, IRecordValidator> validators)
{
    public bool TryFind(ReadOnlySpan<byte> key, [NotNullWhen(true)] out IRecordValidator? validator)
    {
        validator = null;
        if (key.Length < 4 || key[0] != (byte)'/')
        {
            return false;
        }

        int slash = key[1..].IndexOf((byte)'/');
        return slash > 0 && slash + 2 < key.Length && validators.TryGetValue(Encoding.Latin1.GetString(key.Slice(1, slash)), out validator);
    }

    /// <summary>Whether a value may stand under a key now.</summary>
    public bool Validate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, DateTimeOffset now) =>
        TryFind(key, out IRecordValidator? validator) && validator.Validate(key, value, now);
}
