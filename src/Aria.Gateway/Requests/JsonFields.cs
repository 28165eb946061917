using System.Text.Json;
using Aria.Gateway.Errors;

namespace Aria.Gateway.Requests;

/// <summary>Reads single JSON values; what does not fit is refused by the field's name.</summary>
internal static class JsonFields
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>Parses <paramref name="body"/> as an object and hands it on.</summary>
    /// <exception cref="RequestRefusedException">No JSON, no object, or text that is no Unicode.</exception>
    public static T ReadObject<T>(ReadOnlyMemory<byte> body, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, Options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? read(document.RootElement)
                : throw new RequestRefusedException(ApiError.InvalidJson($"The body must be a JSON object, not {Name(document.RootElement)}."));
        }
        catch (JsonException e)
        {
            throw new RequestRefusedException(ApiError.InvalidJson($"The body is not valid JSON: {e.Message}"));
        }
        catch (InvalidOperationException)
        {
            // Thrown on reading a name or text with broken UTF-8 or half a surrogate pair.
            throw new RequestRefusedException(ApiError.InvalidJson("The body holds text that is not valid Unicode."));
        }
    }

    public static string Text(JsonElement value, string at) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Refuse(at, $"a string is expected, not {Name(value)}.");

    public static bool Flag(JsonElement value, string at) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Refuse(at, $"true or false is expected, not {Name(value)}.");

    public static double Real(JsonElement value, string at, double min, double max) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && min <= number && number <= max
            ? number
            : throw Refuse(at, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"a number from {min} to {max} is expected, not {Shown(value)}."));

    public static int Int(JsonElement value, string at, int min, int max) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && min <= number && number <= max
            ? number
            : throw Refuse(at, $"a whole number from {min} to {max} is expected, not {Shown(value)}.");

    /// <summary>A whole number as its 64 bits: 0 to 2^64-1, or a negative one's two's complement.</summary>
    public static ulong Bits64(JsonElement value, string at) =>
        value.ValueKind != JsonValueKind.Number ? throw Refuse(at, $"a whole number is expected, not {Name(value)}.")
        : value.TryGetUInt64(out ulong unsigned) ? unsigned
        : value.TryGetInt64(out long signed) ? unchecked((ulong)signed)
        : throw Refuse(at, $"a whole number of 64 bits is expected, not {Shown(value)}.");

    public static RequestRefusedException Refuse(string at, string expected) => new(ApiError.InvalidValue(at, expected));

    public static RequestRefusedException Unsupported(string at, string why) => new(ApiError.Unsupported(at, why));

    public static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.String => value.GetString()!.Length == 0,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        _ => false,
    };

    public static string Name(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };

    private static string Shown(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.GetRawText() is { Length: <= 32 } text ? text : Name(value);
}
