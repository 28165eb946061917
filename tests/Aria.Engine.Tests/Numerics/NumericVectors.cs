using System.Globalization;
using System.Text.Json;
using Aria.Testing;

namespace Aria.Engine.Tests.Numerics;

/// <summary>The files of specs/vectors/numerics: numbers are f32 bits, eight hexadecimal digits each, run together.</summary>
internal static class NumericVectors
{
    public static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "numerics", file))).RootElement;

    public static float[] Numbers(JsonElement vector, string name) => Numbers(vector.GetProperty(name));

    public static float[] Numbers(JsonElement text) => [.. Bits(text).Select(BitConverter.UInt32BitsToSingle)];

    public static float Number(JsonElement vector, string name) => Assert.Single(Numbers(vector, name));

    /// <summary>To the bit: a zero's sign counts.</summary>
    public static void AreTheVectors(JsonElement vector, string name, params IEnumerable<float> found) => AreTheVectors(vector.GetProperty(name), found);

    /// <inheritdoc cref="AreTheVectors(JsonElement, string, IEnumerable{float})"/>
    public static void AreTheVectors(JsonElement text, params IEnumerable<float> found) => Assert.Equal(Bits(text), found.Select(BitConverter.SingleToUInt32Bits));

    private static IEnumerable<uint> Bits(JsonElement text) =>
        text.GetString()!.Chunk(8).Select(digits => uint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
}
