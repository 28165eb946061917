using System.Globalization;
using System.Text.Json;
using Aria.Engine.Sampling;
using Aria.Testing;

namespace Aria.Engine.Tests.Sampling;

/// <summary>specs/vectors/sampling/adjustments.json, made by a second implementation in another language.</summary>
public class AdjustmentVectorTests
{
    private static readonly JsonElement Vectors = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "sampling", "adjustments.json")))
        .RootElement;

    private static JsonElement[] All(string name) => [.. Vectors.GetProperty(name).EnumerateArray()];

    private static float Float(JsonElement hex) => BitConverter.UInt32BitsToSingle(uint.Parse(hex.GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private static float[] Floats(JsonElement list) => [.. list.EnumerateArray().Select(Float)];

    private static string Hex(float value) => BitConverter.SingleToUInt32Bits(value).ToString("x8", CultureInfo.InvariantCulture);

    [Fact]
    public void Logarithms_AreReproduced() => Assert.All(All("log"), vector => Assert.Equal(
        vector[1].GetString(),
        BitConverter.DoubleToUInt64Bits(OrderedLog.Of(BitConverter.UInt64BitsToDouble(ulong.Parse(vector[0].GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture))))
            .ToString("x16", CultureInfo.InvariantCulture)));

    [Fact]
    public void LogSums_AreReproduced() => Assert.All(All("log_sum"), vector => Assert.Equal(vector[1].GetString(), Hex(LogSum.Of(Floats(vector[0])))));

    [Fact]
    public void PenaltiesAndBiases_AreReproduced() => Assert.All(All("adjust"), vector =>
    {
        float[] logits = Floats(vector[0]);
        uint[] history = [.. vector[1].EnumerateArray().Select(token => token.GetUInt32())];
        LogitBiases biases = LogitBiases.Of(vector[6].EnumerateArray().Select(bias => new LogitBias(bias[0].GetUInt32(), Float(bias[1]))));
        LogitAdjustment adjustment = new(new(Float(vector[3]), Float(vector[4]), Float(vector[5])), vector[2].GetInt32(), biases);
        adjustment.Count(history);
        adjustment.Apply(logits);
        Assert.Equal(vector[7].EnumerateArray().Select(bits => bits.GetString()!), logits.Select(Hex));
    });

    [Fact]
    public void ChoicesWithMinP_AreReproduced() => Assert.All(All("min_p"), vector => Assert.Equal(
        vector[7].GetUInt32(),
        Sampler.Choose(
            [.. vector[0].EnumerateArray().Select(one => new Candidate(one[0].GetUInt32(), Float(one[1])))],
            new(Float(vector[1]), vector[2].GetInt32(), Float(vector[3]), vector[5].GetUInt64()) { MinP = Float(vector[4]) },
            vector[6].GetInt64())));
}
