using System.Globalization;
using System.Text.Json;
using Aria.Engine.Sampling;
using Aria.Testing;

namespace Aria.Engine.Tests.Sampling;

/// <summary>specs/vectors/sampling, made by a second implementation in another language.</summary>
public class SamplingVectorTests
{
    private static readonly JsonElement Vectors = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "sampling", "choices.json")))
        .RootElement;

    [Fact]
    public void Uniform_IsReproduced() =>
        Assert.All(Vectors.GetProperty("uniform").EnumerateArray(), vector => Assert.Equal(
            vector[2].GetString(),
            ((long)(Sampler.Uniform(vector[0].GetUInt64(), vector[1].GetInt64()) * (1L << 53))).ToString("x", CultureInfo.InvariantCulture)));

    [Fact]
    public void Exp_IsReproduced() =>
        Assert.All(Vectors.GetProperty("exp").EnumerateArray(), vector => Assert.Equal(
            vector[1].GetString(),
            BitConverter.DoubleToUInt64Bits(OrderedExp.Of(BitConverter.UInt64BitsToDouble(
                ulong.Parse(vector[0].GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))).ToString("x16", CultureInfo.InvariantCulture)));

    [Fact]
    public void Choices_AreReproduced()
    {
        Candidate[][] candidates =
        [
            .. Vectors.GetProperty("candidates").EnumerateArray()
                .Select(list => list.EnumerateArray().Select(one => new Candidate(one[0].GetUInt32(), Float(one[1]))).ToArray()),
        ];
        Assert.All(Vectors.GetProperty("choices").EnumerateArray(), vector => Assert.Equal(
            vector[6].GetUInt32(),
            Sampler.Choose(
                candidates[vector[0].GetInt32()],
                new(Float(vector[1]), vector[2].GetInt32(), Float(vector[3]), vector[4].GetUInt64()),
                vector[5].GetInt64())));
    }

    private static float Float(JsonElement hex) =>
        BitConverter.UInt32BitsToSingle(uint.Parse(hex.GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
}
