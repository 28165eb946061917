using System.Globalization;
using System.Text.Json;

namespace Aria.Cli.Client;

/// <summary>A token of a completion with the natural logarithm of its probability and those of the most probable tokens at its place.</summary>
internal sealed record TokenLogprob(string Token, double Logprob, JsonElement? Top)
{
    /// <summary><c>-0.105 " time"   " day" -2.813</c>, with what a terminal would obey escaped.</summary>
    public override string ToString()
    {
        IEnumerable<string> others = Top is { ValueKind: JsonValueKind.Object } top
            ? top.EnumerateObject().Where(other => other.Name != Token).Select(other => $"{Quoted(other.Name)} {Number(other.Value.GetDouble())}")
            : [];
        return string.Join("   ", [$"{Number(Logprob),8} {Quoted(Token)}", .. others]);
    }

    private static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
