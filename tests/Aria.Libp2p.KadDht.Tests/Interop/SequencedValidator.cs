using System.Text.Json;

namespace Aria.Libp2p.KadDht.Tests.Interop;

/// <summary>The namespace that the js peer knows as <c>ariatest</c>: UTF-8 JSON <c>{seq, data}</c>, the highest seq is best.</summary>
internal sealed class SequencedValidator : IRecordValidator
{
    public bool Validate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, DateTimeOffset now) => Sequence(value) is not null;

    public int SelectBest(ReadOnlySpan<byte> key, IReadOnlyList<ReadOnlyMemory<byte>> values) =>
        Enumerable.Range(0, values.Count).MaxBy(i => (Sequence(values[i].Span), Convert.ToHexString(values[i].Span)));

    private static int? Sequence(ReadOnlySpan<byte> value)
    {
        try
        {
            return JsonDocument.Parse(value.ToArray()).RootElement.GetProperty("seq").GetInt32();
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
