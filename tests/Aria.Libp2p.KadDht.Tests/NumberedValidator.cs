using System.Globalization;
using System.Text;

namespace Aria.Libp2p.KadDht.Tests;

/// <summary>Values such as <c>7 text</c> or <c>7 text until 1000</c>: the greatest number is best, and the unix second after "until" is the end.</summary>
internal sealed class NumberedValidator : IRecordValidator
{
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(48);

    public bool StoresInRegion { get; init; }

    public bool Validate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, DateTimeOffset now)
    {
        string text = Encoding.ASCII.GetString(value);
        int until = text.IndexOf(" until ", StringComparison.Ordinal);
        return Number(value) is not null
            && (until < 0 || now.ToUnixTimeSeconds() < long.Parse(text.AsSpan(until + 7), CultureInfo.InvariantCulture));
    }

    public int SelectBest(ReadOnlySpan<byte> key, IReadOnlyList<ReadOnlyMemory<byte>> values) =>
        Enumerable.Range(0, values.Count).MaxBy(i => (Number(values[i].Span), Convert.ToHexString(values[i].Span)));

    private static int? Number(ReadOnlySpan<byte> value) =>
        int.TryParse(Encoding.ASCII.GetString(value).Split(' ')[0], CultureInfo.InvariantCulture, out int number) ? number : null;
}
