using System.Text.Json;

namespace Aria.Engine.Models.Import;

/// <summary>The JSON files of a checkpoint: strict JSON, no key twice, every mistake a <see cref="ModelFormatException"/> that names the file.</summary>
internal static class CheckpointJson
{
    private const int MaxDepth = 32;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    /// <summary>Parses <paramref name="bytes"/>, an object, and reads it; the elements are gone afterwards.</summary>
    /// <exception cref="ModelFormatException">No JSON object, or <paramref name="read"/> finds something else than it wants.</exception>
    public static T Read<T>(string what, ReadOnlyMemory<byte> bytes, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? read(document.RootElement)
                : throw new ModelFormatException($"{what} is no JSON object.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // InvalidOperationException: an element of another kind, or a text with half a surrogate pair.
            throw new ModelFormatException($"{what} is not as it should be: {e.Message}", e);
        }
    }

    /// <summary>The member of that name; null where it is absent or JSON's null.</summary>
    public static JsonElement? Find(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement found) && found.ValueKind != JsonValueKind.Null ? found : null;

    public static string Text(JsonElement element, string name) => TextOrNull(element, name) ?? throw Missing(name);

    public static string? TextOrNull(JsonElement element, string name) => Find(element, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { } other => throw Wrong(name, other, "a text"),
    };

    public static bool? FlagOrNull(JsonElement element, string name) => Find(element, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Wrong(name, other, "true or false"),
    };

    public static int Whole(JsonElement element, string name, int least, int most) => WholeOrNull(element, name, least, most) ?? throw Missing(name);

    public static int? WholeOrNull(JsonElement element, string name, int least, int most) =>
        Find(element, name) is { } found ? (int)Number(found, name, least, most) : null;

    public static double? RealOrNull(JsonElement element, string name) => Find(element, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
        { } other => throw Wrong(name, other, "a number"),
    };

    /// <summary>At most <paramref name="count"/> whole numbers from 0 to <paramref name="most"/>.</summary>
    public static long[] Wholes(JsonElement element, string name, int count, long most)
    {
        JsonElement array = Find(element, name) ?? throw Missing(name);
        return array.ValueKind == JsonValueKind.Array && array.GetArrayLength() <= count
            ? [.. array.EnumerateArray().Select(number => Number(number, name, 0, most))]
            : throw Wrong(name, array, $"an array of at most {count} whole numbers");
    }

    private static long Number(JsonElement number, string name, long least, long most) =>
        number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out long value) && value >= least && value <= most
            ? value
            : throw Wrong(name, number, $"a whole number from {least} to {most}");

    private static ModelFormatException Missing(string name) => new($"The key '{name}' is missing.");

    private static ModelFormatException Wrong(string name, JsonElement value, string expected)
    {
        const int shown = 40;
        string text = value.GetRawText();
        return new($"The key '{name}' is {(text.Length > shown ? text[..shown] + "…" : text)}, not {expected}.");
    }
}
