using System.Globalization;

namespace Aria.Engine.Models.Gguf;

/// <summary>The named values at a file's head.</summary>
internal sealed class GgufMetadata
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Keys => _values.Keys;

    public bool Has(string key) => _values.ContainsKey(key);

    /// <exception cref="ModelFormatException">The key stands already.</exception>
    public void Add(string key, object value)
    {
        if (!_values.TryAdd(key, value))
        {
            throw new ModelFormatException($"The metadata key '{key}' stands twice.");
        }
    }

    public string Text(string key) => TextOrNull(key) ?? throw Missing(key);

    public string? TextOrNull(string key) => Find(key) switch
    {
        null => null,
        string text => text,
        object other => throw Wrong(key, other, "a text"),
    };

    public string[] Texts(string key) => Find(key) switch
    {
        string[] texts => texts,
        null => throw Missing(key),
        object other => throw Wrong(key, other, "an array of texts"),
    };

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>, of any integer type.</summary>
    public int Whole(string key, int least, int most) => WholeOrNull(key, least, most) ?? throw Missing(key);

    public int? WholeOrNull(string key, int least, int most)
    {
        decimal? value = Find(key) switch
        {
            null => null,
            byte or sbyte or ushort or short or uint or int or ulong or long => Convert.ToDecimal(_values[key], CultureInfo.InvariantCulture),
            object other => throw Wrong(key, other, "a whole number"),
        };
        return value is null || (value >= least && value <= most)
            ? (int?)value
            : throw new ModelFormatException($"The metadata key '{key}' is {value}, outside {least} to {most}.");
    }

    public float Single(string key) => SingleOrNull(key) ?? throw Missing(key);

    public float? SingleOrNull(string key) => Find(key) switch
    {
        null => null,
        float value => value,
        object other => throw Wrong(key, other, "an f32"),
    };

    public bool? FlagOrNull(string key) => Find(key) switch
    {
        null => null,
        bool flag => flag,
        object other => throw Wrong(key, other, "a boolean"),
    };

    /// <summary>Non-negative whole numbers of i32 or u32.</summary>
    public int[] Wholes(string key) => Find(key) switch
    {
        int[] values when !values.Any(value => value < 0) => values,
        uint[] values when !values.Any(value => value > int.MaxValue) => [.. values.Select(value => (int)value)],
        null => throw Missing(key),
        object other => throw Wrong(key, other, "an array of non-negative i32"),
    };

    public float[] Singles(string key) => Find(key) switch
    {
        float[] values => values,
        null => throw Missing(key),
        object other => throw Wrong(key, other, "an array of f32"),
    };

    private object? Find(string key) => _values.GetValueOrDefault(key);

    private static ModelFormatException Missing(string key) => new($"The metadata key '{key}' is missing.");

    private static ModelFormatException Wrong(string key, object value, string expected) =>
        new($"The metadata key '{key}' is of type {value.GetType().Name}, not {expected}.");
}
